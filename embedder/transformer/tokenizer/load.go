package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
)

// sections of a tokenizer.json, cut out but not decoded.
type sections struct {
	version, added, normalizer, preTokenizer, postProcessor, model json.RawMessage
}

func (t *Tokenizer) load(data []byte) error {
	var sec sections
	s := &scanner{data: data}
	err := s.object(func(key string) (err error) {
		var v json.RawMessage
		if v, err = s.value(); err != nil {
			return err
		}
		switch key {
		case "version":
			sec.version = v
		case "added_tokens":
			sec.added = v
		case "normalizer":
			sec.normalizer = v
		case "pre_tokenizer":
			sec.preTokenizer = v
		case "post_processor":
			sec.postProcessor = v
		case "model":
			sec.model = v
		}
		return nil
	})
	if err != nil {
		return invalid("file", "%v", err)
	}
	if s.peek() != 0 || s.pos != len(data) {
		return invalid("file", "offset %d: text after the end", s.pos)
	}
	if sec.version != nil && string(sec.version) != `"1.0"` {
		return unsupported("version", "%s, want \"1.0\"", sec.version)
	}
	if sec.model == nil {
		return invalid("model", "missing")
	}
	if err := t.loadModel(sec.model); err != nil {
		return err
	}
	if t.normalize, err = t.loadNormalizer(nil, "normalizer", sec.normalizer); err != nil {
		return err
	}
	if t.split, err = t.loadSplitter(nil, "pre_tokenizer", sec.preTokenizer); err != nil {
		return err
	}
	if err := t.checkFirst(); err != nil {
		return err
	}
	if err := t.loadAdded(sec.added); err != nil {
		return err
	}
	if err := t.loadFrame("post_processor", sec.postProcessor); err != nil {
		return err
	}
	t.encoders.New = func() any { return &encoder{t: t} }
	return nil
}

// component is the part that every normalizer, pre-tokenizer and
// post-processor has.
type component struct {
	Type string `json:"type"`
}

// decode reads one component's fields into v.
func decode(field string, raw json.RawMessage, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return invalid(field, "%v", err)
	}
	return nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// loadFrame reads a post_processor: the special tokens that frame a text. In a Sequence
// each stage frames the output of the previous one.
func (t *Tokenizer) loadFrame(field string, raw json.RawMessage) error {
	if isNull(raw) {
		return nil
	}
	var c component
	if err := decode(field, raw, &c); err != nil {
		return err
	}
	switch c.Type {
	case "Sequence":
		var seq struct {
			Processors []json.RawMessage `json:"processors"`
		}
		if err := decode(field, raw, &seq); err != nil {
			return err
		}
		for i, p := range seq.Processors {
			if err := t.loadFrame(fmt.Sprintf("%s.processors[%d]", field, i), p); err != nil {
				return err
			}
		}
		return nil
	case "BertProcessing", "RobertaProcessing":
		var p struct {
			Sep specialPair `json:"sep"`
			Cls specialPair `json:"cls"`
		}
		if err := decode(field, raw, &p); err != nil {
			return err
		}
		if p.Sep.token == "" || p.Cls.token == "" {
			return invalid(field, "sep or cls missing")
		}
		return t.frame(field, []int32{p.Cls.id}, []int32{p.Sep.id})
	case "TemplateProcessing":
		return t.loadTemplate(field, raw)
	}
	return unsupported(field+".type", "%q", c.Type)
}

// frame puts special tokens around those already there.
func (t *Tokenizer) frame(field string, prefix, suffix []int32) error {
	for _, id := range slices.Concat(prefix, suffix) {
		if id < 0 || int(id) >= t.size {
			return invalid(field, "token id %d, the vocabulary ends at %d", id, t.size-1)
		}
	}
	t.prefix = append(prefix, t.prefix...)
	t.suffix = append(t.suffix, suffix...)
	return nil
}

// specialPair is written as ["[CLS]", 101].
type specialPair struct {
	token string
	id    int32
}

func (p *specialPair) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[2]any{&p.token, &p.id})
}

func (t *Tokenizer) loadTemplate(field string, raw json.RawMessage) error {
	type piece struct {
		ID string `json:"id"`
	}
	var p struct {
		Single []struct {
			Special  *piece `json:"SpecialToken"`
			Sequence *piece `json:"Sequence"`
		} `json:"single"`
		Tokens map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := decode(field, raw, &p); err != nil {
		return err
	}
	var prefix, suffix []int32
	texts := 0
	for i, s := range p.Single {
		at := fmt.Sprintf("%s.single[%d]", field, i)
		switch {
		case s.Sequence != nil && s.Sequence.ID == "A":
			texts++
		case s.Special != nil:
			tok, ok := p.Tokens[s.Special.ID]
			if !ok {
				return invalid(at, "special token %q is not in special_tokens", s.Special.ID)
			}
			if texts == 0 {
				prefix = append(prefix, tok.IDs...)
			} else {
				suffix = append(suffix, tok.IDs...)
			}
		default:
			return invalid(at, "neither the sequence A nor a special token")
		}
	}
	if texts != 1 {
		return unsupported(field+".single", "the text occurs in it %d times, want once", texts)
	}
	return t.frame(field, prefix, suffix)
}
