package showcase_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/showcase"
)

func TestPictures_AreDrawings(t *testing.T) {
	files, err := os.ReadDir("pictures")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 12)
	for _, file := range files {
		name, drawn := strings.CutSuffix(file.Name(), ".svg")
		if !drawn {
			continue
		}
		still := get(showcase.Still(showcase.PicturesPath + file.Name()))
		require.Equal(t, "image/jpeg", still.Header().Get("Content-Type"), name)
		require.Equal(t, "image/jpeg", http.DetectContentType(still.Body.Bytes()), name)
		rec := get(showcase.PicturesPath + file.Name())
		require.Equal(t, http.StatusOK, rec.Code)
		require.Equal(t, "image/svg+xml", rec.Header().Get("Content-Type"))
		require.NotContains(t, rec.Body.String(), "<script", file.Name())
		require.NotContains(t, strings.ReplaceAll(rec.Body.String(), "http://www.w3.org/2000/svg", ""), "http", "it needs nothing else")
		decoder := xml.NewDecoder(rec.Body)
		for err = nil; err == nil; {
			_, err = decoder.Token()
		}
		require.ErrorIs(t, err, io.EOF, file.Name())
	}
}

func TestPictures_AreAllThatIsServed(t *testing.T) {
	for _, path := range []string{"nothing.svg", "../showcase.go", "", "pictures"} {
		require.Equal(t, http.StatusNotFound, get(showcase.PicturesPath+path).Code, path)
	}
}

func TestStill_LeavesOthersAlone(t *testing.T) {
	for _, picture := range []string{"", "/a.svg", "https://cdn.example/pictures/a.svg", "/pictures/a.png"} {
		require.Equal(t, picture, showcase.Still(picture))
	}
}

func get(path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	showcase.Pictures().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://shop"+path, http.NoBody))
	return rec
}

func TestClock_ShowsWhatItWasSetTo(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 500_000, time.FixedZone("UTC+8", 8*3600))
	c := showcase.NewClock(at)
	require.Equal(t, at.UTC().Truncate(time.Millisecond), c.Now())
	c.Set(at.Add(time.Hour))
	require.Equal(t, at.UTC().Add(time.Hour).Truncate(time.Millisecond), c.Now())
}
