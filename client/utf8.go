package client

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db"
)

// invalidAs are the errors of package db for text that is not UTF-8, by the name of
// the field.
var invalidAs = map[string]error{
	"id": db.ErrInvalidID, "ids": db.ErrInvalidID, "source": db.ErrInvalidMetadata, "text": db.ErrInvalidText, "input": db.ErrInvalidText,
	"metadata": db.ErrInvalidMetadata, "name": db.ErrInvalidName,
}

// checkUTF8 refuses text that is not UTF-8, as the database does: JSON would carry
// something else in its place without an error.
func checkUTF8(v any) error { return checkValue(reflect.ValueOf(v), "", "") }

// checkValue checks a value. at is where it is, and field the outermost field that has
// an error of its own.
func checkValue(v reflect.Value, at, field string) error {
	switch v.Kind() { //nolint:exhaustive // no other kind holds text
	case reflect.String:
		if s := v.String(); !utf8.ValidString(s) {
			err := invalidAs[field]
			if err == nil {
				err = db.ErrInvalidQuery
			}
			return fmt.Errorf("client: %w: %s is not UTF-8", err, at)
		}
	case reflect.Pointer, reflect.Interface:
		return checkValue(v.Elem(), at, field)
	case reflect.Slice:
		if of := v.Type().Elem().Kind(); of == reflect.Float32 || of == reflect.Uint8 {
			return nil // an embedding, or JSON
		}
		for i := range v.Len() {
			if err := checkValue(v.Index(i), fmt.Sprintf("%s[%d]", at, i), field); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			name, below := k.String(), field
			if below == "" {
				below = outer(name)
			}
			if err := checkValue(k, fmt.Sprintf("a name in %s, %q,", at, name), below); err != nil {
				return err
			}
			if err := checkValue(v.MapIndex(k), join(at, name), below); err != nil {
				return err
			}
		}
	case reflect.Struct:
		t := v.Type()
		for i := range v.NumField() {
			if !t.Field(i).IsExported() {
				continue
			}
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			place, below := join(at, name), field
			if below == "" {
				below = outer(name)
			}
			if t.Field(i).Anonymous {
				place = at
			}
			if err := checkValue(v.Field(i), place, below); err != nil {
				return err
			}
		}
	}
	return nil
}

func outer(name string) string {
	if invalidAs[name] != nil {
		return name
	}
	return ""
}

func join(at, name string) string {
	if at == "" || name == "" {
		return at + name
	}
	return at + "." + name
}
