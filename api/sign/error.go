package sign

import (
	"errors"
	"fmt"
)

// Code names one way in which a signature fails. It is stable and goes to the caller as it is.
type Code string

// The codes of this package. SecretMalformed is a fault of the configuration; the others are the caller's.
const (
	Missing         Code = "signature_missing"   // the call carries no signature of the wanted kind
	Malformed       Code = "signature_malformed" // it carries one that does not follow the rule
	Expired         Code = "signature_expired"   // its timestamp is outside the window, on either side
	Invalid         Code = "signature_invalid"   // it is not the signature of this request under this secret
	KeyUnknown      Code = "key_unknown"         // no live key has this id
	NonceReused     Code = "nonce_reused"        // this key has sent this nonce before
	SecretMalformed Code = "secret_malformed"    // a webhook secret is not whsec_ + base64 of 24 to 64 bytes
)

// Error is a refused signature. Reason helps the developer who signs; it never holds a secret or the signature
// that would have been right.
type Error struct {
	Code   Code
	Reason string
}

// Error prints the code and the reason.
func (e *Error) Error() string { return "sign: " + string(e.Code) + ": " + e.Reason }

// CodeOf returns the code of the first *Error in err's chain, and "" when there is none.
func CodeOf(err error) Code {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

func refuse(code Code, format string, args ...any) error {
	return &Error{Code: code, Reason: fmt.Sprintf(format, args...)}
}
