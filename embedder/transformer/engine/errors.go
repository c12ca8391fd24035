package engine

import "errors"

var (
	// ErrLength is returned for a sequence that is empty or longer than
	// Config.MaxTokens.
	ErrLength = errors.New("sequence length outside the model's")

	// ErrToken is returned for a token id outside the vocabulary: the tokenizer
	// is another model's.
	ErrToken = errors.New("token id outside the model's vocabulary")

	// ErrOutput is returned when there is not one vector of length
	// Config.Hidden for each sequence.
	ErrOutput = errors.New("no room for the vectors")

	// ErrConfig is returned when an architecture is impossible, such as a
	// hidden size that the heads don't divide, or when weights don't fit it.
	ErrConfig = errors.New("impossible model configuration")
)
