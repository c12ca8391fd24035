package profile

import "errors"

// ErrInvalid is returned for a profile that no model can have, or a file that
// is not a profile. The error names every fault.
var ErrInvalid = errors.New("invalid model profile")
