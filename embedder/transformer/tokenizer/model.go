package tokenizer

import "encoding/json"

// loadModel reads the model section. The vocabulary is most of the file, so it
// is scanned in place.
func (t *Tokenizer) loadModel(raw json.RawMessage) error {
	fields := map[string]json.RawMessage{}
	s := &scanner{data: raw}
	err := s.object(func(key string) (err error) {
		fields[key], err = s.value()
		return err
	})
	if err != nil {
		return invalid("model", "%v", err)
	}
	var kind string
	if v := fields["type"]; v != nil {
		if err := decode("model.type", v, &kind); err != nil {
			return err
		}
	}
	vocab := fields["vocab"]
	if vocab == nil {
		return invalid("model.vocab", "missing")
	}
	switch kind {
	case "Unigram":
		t.model, err = loadUnigram(vocab, fields["unk_id"], fields["byte_fallback"])
	case "WordPiece":
		t.model, err = loadWordPiece(vocab, fields["unk_token"], fields["continuing_subword_prefix"], fields["max_input_chars_per_word"])
	default:
		return unsupported("model.type", "%q, want Unigram or WordPiece", kind)
	}
	return err
}
