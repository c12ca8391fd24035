package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
)

func meaning(ctx context.Context, _ *Suite, s Store) error {
	if _, err := s.Add(ctx, "", notes()); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	for question, want := range questions {
		found, err := s.Search(ctx, Search{Query: question, K: 2})
		if err != nil {
			return fmt.Errorf("search for %q: %w", question, err)
		}
		if len(found) != 2 || found[0].ID != want {
			return fmt.Errorf("%q finds %v, want %q first of two", question, idsOf(found), want)
		}
	}
	return nil
}

func metadata(ctx context.Context, _ *Suite, s Store) error {
	given := Document{ID: "all", Text: "모든 종류의 값 every kind of value", Metadata: map[string]any{
		"text": "서울 \"<&>\" \n", "yes": true, "whole": 42, "part": 0.25, "large": int64(1) << 60, "source": "a/b.md",
		"words": []string{"하나", "둘"}, "numbers": []int{1, 2}, "mixed": []any{1, "a", true, nil},
		"nested":  map[string]any{"author": map[string]any{"name": "김"}, "list": []any{map[string]any{"a": 1}}},
		"nothing": nil, "empty": []any{}, "a.b": 1, "a": map[string]any{"b": 2}, "": "no name",
	}}
	if _, err := s.Add(ctx, "", []Document{given}); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	found, err := s.Search(ctx, Search{Query: "every kind of value", K: 1})
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if len(found) != 1 || found[0].ID != given.ID || found[0].Text != given.Text {
		return fmt.Errorf("found %v, want %v", found, given)
	}
	for name, value := range given.Metadata {
		got, there := found[0].Metadata[name]
		if !there || !equal(got, value) {
			return fmt.Errorf("metadata %q is %#v, want %#v", name, got, value)
		}
	}
	for name := range found[0].Metadata {
		if _, ok := given.Metadata[name]; !ok && name != "id" {
			return fmt.Errorf("metadata %q was not given", name)
		}
	}
	return nil
}

// equal compares values as JSON, and so whatever types of numbers they have.
func equal(a, b any) bool {
	var x, y any
	left, err := json.Marshal(a)
	right, err2 := json.Marshal(b)
	if errors.Join(err, err2, json.Unmarshal(left, &x), json.Unmarshal(right, &y)) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}

func ids(ctx context.Context, _ *Suite, s Store) error {
	given := []string{"a", "한글 아이디", "path/to file.md#3", "a b\"c"}
	var docs []Document
	for i, id := range given {
		docs = append(docs, Document{ID: id, Text: fmt.Sprintf("number %d of the documents", i)})
	}
	got, err := s.Add(ctx, "", docs)
	if err != nil {
		return fmt.Errorf("add: %w", err)
	}
	if !slices.Equal(got, given) {
		return fmt.Errorf("ids are %q, want %q", got, given)
	}
	return holds(ctx, s, "", given)
}

// holds returns an error unless the name space has documents with these ids and no others.
func holds(ctx context.Context, s Store, namespace string, want []string) error {
	found, err := s.Search(ctx, Search{Namespace: namespace, Query: "document", K: 1000})
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	got := idsOf(found)
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		return fmt.Errorf("name space %q holds %q, want %q", namespace, got, want)
	}
	return nil
}

func idsOf(docs []Document) []string {
	out := make([]string, len(docs))
	for i := range docs {
		out[i] = docs[i].ID
	}
	return out
}

func derivedIDs(ctx context.Context, _ *Suite, s Store) error {
	docs := []Document{
		{Text: "the first document", Metadata: map[string]any{"page": 1}},
		{Text: "the second document"},
		{Text: "the first document", Metadata: map[string]any{"page": 1}}, // again
		{Text: "the first document", Metadata: map[string]any{"page": 2}}, // another
	}
	first, err := s.Add(ctx, "", docs)
	if err != nil {
		return fmt.Errorf("add: %w", err)
	}
	if len(first) != 4 || first[0] != first[2] || slices.Contains(first, "") {
		return fmt.Errorf("ids are %q; the first and the third document are equal", first)
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(first)))); n != 3 {
		return fmt.Errorf("%d ids %q of 3 documents", n, first)
	}
	again, err := s.Add(ctx, "", docs)
	if err != nil {
		return fmt.Errorf("add again: %w", err)
	}
	if !slices.Equal(first, again) {
		return fmt.Errorf("ids are %q, and when they are added again %q", first, again)
	}
	return holds(ctx, s, "", []string{first[0], first[1], first[3]})
}

func replace(ctx context.Context, _ *Suite, s Store) error {
	for _, d := range []Document{
		{ID: "a", Text: "이전 문서 the old document", Metadata: map[string]any{"old": true, "version": 1}},
		{ID: "a", Text: "새 문서 the new document", Metadata: map[string]any{"version": 2}},
	} {
		if _, err := s.Add(ctx, "", []Document{d}); err != nil {
			return fmt.Errorf("add: %w", err)
		}
	}
	found, err := s.Search(ctx, Search{Query: "the document", K: 10})
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if len(found) != 1 || found[0].Text != "새 문서 the new document" || !equal(found[0].Metadata["version"], 2) {
		return fmt.Errorf("found %v, want the new document alone", found)
	}
	if old, there := found[0].Metadata["old"]; there {
		return fmt.Errorf("metadata of the old document is left: old is %v", old)
	}
	return nil
}

func deletes(ctx context.Context, _ *Suite, s Store) error {
	if _, err := s.Add(ctx, "", notes()); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	if err := s.Delete(ctx, "", []string{"whale", "move", "nobody"}); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if err := s.Delete(ctx, "", nil); err != nil {
		return fmt.Errorf("delete nothing: %w", err)
	}
	return holds(ctx, s, "", []string{"busan", "kimchi", "printer", "refund"})
}

func nameSpaces(ctx context.Context, _ *Suite, s Store) error {
	for namespace, id := range map[string]string{"": "own", "storetest-one": "a", "storetest-two": "b"} {
		docs := []Document{{ID: id, Text: "a document of " + id}, {ID: "both", Text: "a document of all"}}
		if _, err := s.Add(ctx, namespace, docs); err != nil {
			return fmt.Errorf("add to %q: %w", namespace, err)
		}
	}
	if err := s.Delete(ctx, "storetest-two", []string{"both", "a"}); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return errors.Join(
		holds(ctx, s, "", []string{"own", "both"}),
		holds(ctx, s, "storetest-one", []string{"a", "both"}),
		holds(ctx, s, "storetest-two", []string{"b"}),
	)
}

func howMany(ctx context.Context, _ *Suite, s Store) error {
	if _, err := s.Add(ctx, "", notes()); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	for k, want := range map[int]int{1: 1, 3: 3, 6: 6, 100: 6} {
		found, err := s.Search(ctx, Search{Query: "겨울 바다", K: k})
		if err != nil {
			return fmt.Errorf("search for %d: %w", k, err)
		}
		if len(found) != want {
			return fmt.Errorf("a search for %d of 6 documents finds %d", k, len(found))
		}
	}
	if found, err := s.Search(ctx, Search{Query: "겨울 바다", K: -1}); err == nil {
		return fmt.Errorf("a search for -1 documents finds %d, want an error", len(found))
	}
	return nil
}

func filters(ctx context.Context, suite *Suite, s Store) error {
	if _, err := s.Add(ctx, "", append(notes(), Document{ID: "bare", Text: "without metadata"})); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(suite.Filters)) {
		for _, k := range []int{1, 10} {
			found, err := s.Search(ctx, Search{Query: "whales", K: k, Filter: suite.Filters[name]})
			if err != nil {
				return fmt.Errorf("filter %s: %w", name, err)
			}
			got := slices.Sorted(slices.Values(idsOf(found)))
			if len(got) != min(k, 2) || k > 2 && !slices.Equal(got, []string{"kimchi", "move"}) {
				return fmt.Errorf("filter %s finds %v of %d, want kimchi and move", name, got, k)
			}
		}
	}
	return nil
}

func refusedFilters(ctx context.Context, suite *Suite, s Store) error {
	if _, err := s.Add(ctx, "", notes()); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	for name, f := range suite.Refused {
		if found, err := s.Search(ctx, Search{Query: "whales", K: 10, Filter: f}); err == nil {
			return fmt.Errorf("filter %s finds %v, want an error", name, idsOf(found))
		}
	}
	return nil
}

func thresholds(ctx context.Context, _ *Suite, s Store) error {
	if _, err := s.Add(ctx, "", notes()); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	question := Search{Query: "부산의 겨울은 따뜻하지만 바닷바람이 세다.", K: 10}
	all, err := s.Search(ctx, question)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if len(all) != 6 || all[0].ID != "busan" {
		return fmt.Errorf("the text of busan finds %v", idsOf(all))
	}
	for _, d := range all {
		if d.Score < -1.001 || d.Score > 1.001 || d.Score > all[0].Score {
			return fmt.Errorf("%s has score %v where busan's own text has %v", d.ID, d.Score, all[0].Score)
		}
	}
	slices.SortFunc(all, func(a, b Document) int { // the best first, by score
		if a.Score > b.Score {
			return -1
		}
		return 1
	})
	for n := range len(all) - 1 {
		between := (all[n].Score + all[n+1].Score) / 2
		question.Threshold = &between
		found, err := s.Search(ctx, question)
		if err != nil {
			return fmt.Errorf("search with a threshold: %w", err)
		}
		got, want := idsOf(found), idsOf(all[:n+1])
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			return fmt.Errorf("above %v there are %v, want %v", between, got, want)
		}
	}
	return nil
}

func mistakes(ctx context.Context, _ *Suite, s Store) error {
	if found, err := s.Search(ctx, Search{Namespace: "storetest-missing", Query: "anything", K: 1}); err == nil && len(found) > 0 {
		return fmt.Errorf("a name space that does not exist has %v", idsOf(found))
	}
	if _, err := s.Add(ctx, "", []Document{{ID: "good", Text: "good"}, {ID: "empty"}}); err == nil {
		return errors.New("a document without a text was added, want an error")
	}
	if _, err := s.Add(ctx, "", []Document{{ID: "a", Text: "good"}, {ID: "a", Text: "not as good"}}); err == nil {
		return errors.New("two documents of one id were added, want an error")
	}
	if _, err := s.Add(ctx, "", []Document{{Text: "odd", Metadata: map[string]any{"channel": make(chan int)}}}); err == nil {
		return errors.New("a channel was added as metadata, want an error")
	}
	if got, err := s.Add(ctx, "", nil); err != nil || len(got) != 0 {
		return fmt.Errorf("adding nothing: %v, %w", got, err)
	}
	if _, err := s.Add(ctx, "", notes()[:1]); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	if _, err := s.Search(ctx, Search{Query: "", K: 1}); err == nil {
		return errors.New("an empty question was answered, want an error")
	}
	return holds(ctx, s, "", []string{"move"})
}

func cancelled(ctx context.Context, _ *Suite, s Store) error {
	if _, err := s.Add(ctx, "", notes()); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Search(ended, Search{Query: "whales", K: 1}); !errors.Is(err, context.Canceled) {
		return errors.Join(errors.New("a cancelled search does not return context.Canceled"), err)
	}
	if _, err := s.Add(ended, "", []Document{{ID: "late", Text: "too late"}}); !errors.Is(err, context.Canceled) {
		return errors.Join(errors.New("a cancelled addition does not return context.Canceled"), err)
	}
	return nil
}

// many is more than stores write or read at once.
func many(ctx context.Context, _ *Suite, s Store) error {
	const n = 1200
	var docs []Document
	for i := range n {
		docs = append(docs, Document{ID: fmt.Sprint("many-", i), Text: fmt.Sprintf("문서 %d, document number %d", i, i), Metadata: map[string]any{"n": i}})
	}
	got, err := s.Add(ctx, "", docs)
	if err != nil {
		return fmt.Errorf("add %d documents: %w", n, err)
	}
	if !slices.Equal(got, idsOf(docs)) {
		return fmt.Errorf("%d ids of %d documents, or in another order", len(got), n)
	}
	found, err := s.Search(ctx, Search{Query: "document", K: 1000})
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(idsOf(found))))
	if len(distinct) != 1000 {
		return fmt.Errorf("a search for 1000 of %d documents finds %d", n, len(distinct))
	}
	return nil
}

func concurrent(ctx context.Context, _ *Suite, s Store) error {
	var group sync.WaitGroup
	errs := make([]error, 8)
	var want []string
	for w := range errs {
		id := fmt.Sprint("worker-", w)
		want = append(want, id)
		group.Go(func() {
			if _, errs[w] = s.Add(ctx, "", []Document{{ID: id, Text: "a document of " + id}}); errs[w] != nil {
				return
			}
			found, err := s.Search(ctx, Search{Query: "a document of " + id, K: 100})
			if err == nil && !slices.Contains(idsOf(found), id) {
				err = fmt.Errorf("%s is not found by the one who added it", id)
			}
			errs[w] = err
		})
	}
	group.Wait()
	return errors.Join(append(errs, holds(ctx, s, "", want))...)
}
