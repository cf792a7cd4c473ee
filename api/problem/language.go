package problem

import (
	"strconv"
	"strings"
)

// Language is a language that we speak.
type Language string

// The languages of every text.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// LanguageOf chooses by an Accept-Language header (RFC 9110, section 12.5.4): the language with the highest
// quality, the first one of equals, Chinese when neither is wanted.
func LanguageOf(header string) Language {
	best, bestQuality := Chinese, 0.0
	for entry := range strings.SplitSeq(header, ",") {
		tag, parameter, _ := strings.Cut(entry, ";")
		lang, known := languageOfTag(strings.TrimSpace(tag))
		if quality := qualityOf(parameter); known && quality > bestQuality {
			best, bestQuality = lang, quality
		}
	}
	return best
}

func languageOfTag(tag string) (Language, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch primary {
	case "zh", "*":
		return Chinese, true
	case "en":
		return English, true
	}
	return "", false
}

func qualityOf(parameter string) float64 {
	name, value, found := strings.Cut(strings.TrimSpace(parameter), "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	quality, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(quality >= 0 && quality <= 1) {
		return 0
	}
	return quality
}
