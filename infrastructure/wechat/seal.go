package wechat

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the protocol's own hash
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// The safe mode's framing (developers.weixin.qq.com, "Message encryption and decryption technical solution"): 16 random
// bytes, the length of the message in 4, the message, the app id; padded to blocks of 32 bytes; AES-256-CBC whose vector
// is the beginning of the key.
const (
	sealKeyText = 43 // signs of the key in base64, its last = left out
	sealRandom  = 16
	sealLength  = 4
	sealBlock   = 32
)

// errSeal says that a text is not sealed with our key for our account. It does not say why, so that nobody learns the
// padding from it.
var errSeal = errors.New("wechat: not sealed for this account")

// A seal encrypts and opens messages in the safe mode. Each call has a cipher of its own.
type seal struct {
	block cipher.Block
	iv    []byte
	appID string
}

// newSeal returns nil for an empty key: messages are then not sealed.
func newSeal(key, appID string) (*seal, error) {
	if key == "" {
		return nil, nil //nolint:nilnil // there is no seal
	}
	raw, err := base64.StdEncoding.DecodeString(key + "=")
	if err != nil || len(key) != sealKeyText {
		return nil, errors.New("wechat: the AES key has 43 letters and digits")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return &seal{block: block, iv: raw[:aes.BlockSize], appID: appID}, nil
}

// open returns the message in a sealed text. Errors: errSeal.
func (s *seal) open(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errSeal
	}
	cipher.NewCBCDecrypter(s.block, s.iv).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > sealBlock || pad > len(data) {
		return nil, errSeal
	}
	data = data[:len(data)-pad]
	if len(data) < sealRandom+sealLength {
		return nil, errSeal
	}
	size, rest := binary.BigEndian.Uint32(data[sealRandom:]), data[sealRandom+sealLength:]
	if uint64(size) > uint64(len(rest)) || string(rest[size:]) != s.appID {
		return nil, errSeal
	}
	return rest[:size], nil
}

// close seals a message.
func (s *seal) close(message []byte) string {
	data := make([]byte, sealRandom, sealRandom+sealLength+len(message)+len(s.appID)+sealBlock)
	_, _ = rand.Read(data) // it never fails
	data = binary.BigEndian.AppendUint32(data, uint32(len(message)))
	data = append(append(data, message...), s.appID...)
	pad := sealBlock - len(data)%sealBlock
	data = append(data, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(s.block, s.iv).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

// signature is WeChat's over the parts of a call.
func signature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // the protocol's own hash
	return hex.EncodeToString(sum[:])
}

func sameSignature(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
