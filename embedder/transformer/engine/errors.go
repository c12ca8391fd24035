package engine

import "errors"

var (
	// ErrLength is returned for a sequence that is empty or longer than
	// Config.MaxTokens.
	ErrLength = errors.New("sequence length outside the model's range")

	// ErrToken is returned for a token id outside the vocabulary: the tokenizer belongs
	// to another model.
	ErrToken = errors.New("token id outside the model's vocabulary")

	// ErrOutput is returned unless out has one slice of length Config.Hidden for each
	// sequence.
	ErrOutput = errors.New("output slices do not fit the vectors")

	// ErrConfig is returned when an architecture is impossible, such as a
	// hidden size that the heads do not divide, or when the weights do not fit it.
	ErrConfig = errors.New("impossible model configuration")
)
