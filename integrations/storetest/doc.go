// Package storetest has tests for vector stores of frameworks, whatever framework and
// whatever database:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Suite{
//			Open:    func(t *testing.T) storetest.Store { … },
//			Filters: map[string]any{"map": map[string]any{"lang": "ko", "year": map[string]any{"$gte": 2024}}},
//		})
//	}
//
// The store embeds by itself, with a model that knows Korean and English. The tests say
// what a program may rely on when it changes stores: that what is added is found, under its id
// and as it was; that adding it again adds nothing; that filters and thresholds hold
// for every result; that name spaces are apart; and that mistakes are errors.
package storetest
