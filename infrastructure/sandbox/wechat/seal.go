package wechat

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the protocol's own hash
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
)

// blockSize is what messages are padded to in the safe mode, in bytes.
const blockSize = 32

// aesKey reads the key of the safe mode; empty: messages go in clear text. Errors: no such key.
func aesKey(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(text + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("sandbox/wechat: the AES key has 43 letters and digits")
	}
	return key, nil
}

// sealed is a message as it is pushed in the safe mode: the server alone can read it.
type sealed struct {
	XMLName xml.Name `xml:"xml"`
	To      string   `xml:"ToUserName"`
	Encrypt string   `xml:"Encrypt"`
}

func (p *Phone) encrypt(message []byte) (string, error) {
	block, err := aes.NewCipher(p.key)
	if err != nil {
		return "", err
	}
	text := make([]byte, 16, 20)
	_, _ = rand.Read(text) // it never fails
	text = binary.BigEndian.AppendUint32(text, uint32(len(message)))
	text = slices.Concat(text, message, []byte(p.set.AppID))
	pad := blockSize - len(text)%blockSize
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, p.key[:aes.BlockSize]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text), nil
}

// errAnswer says that an answer of the account's server is not sealed as it should be.
var errAnswer = errors.New("sandbox/wechat: the answer is not sealed for this account")

// decrypt opens an answer and checks who signed it. Errors: errAnswer.
func (p *Phone) decrypt(answer []byte) ([]byte, error) {
	var in struct {
		XMLName   xml.Name `xml:"xml"`
		Encrypt   string   `xml:"Encrypt"`
		Signature string   `xml:"MsgSignature"`
		TimeStamp string   `xml:"TimeStamp"`
		Nonce     string   `xml:"Nonce"`
	}
	if err := xml.Unmarshal(answer, &in); err != nil || in.Signature != p.digest(in.TimeStamp, in.Nonce, in.Encrypt) {
		return nil, errAnswer
	}
	text, err := base64.StdEncoding.DecodeString(in.Encrypt)
	if err != nil || len(text) < 2*aes.BlockSize || len(text)%aes.BlockSize != 0 {
		return nil, errAnswer
	}
	block, err := aes.NewCipher(p.key)
	if err != nil {
		return nil, err
	}
	cipher.NewCBCDecrypter(block, p.key[:aes.BlockSize]).CryptBlocks(text, text)
	text = text[20 : len(text)-min(int(text[len(text)-1]), len(text)-20)]
	message, ok := bytes.CutSuffix(text, []byte(p.set.AppID))
	if !ok {
		return nil, errAnswer
	}
	return message, nil
}

// digest signs the parts of a call together with the token.
func (p *Phone) digest(parts ...string) string {
	parts = append(parts, p.set.Token)
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // the protocol's own hash
	return hex.EncodeToString(sum[:])
}
