package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const (
		pass = `{"Action":"output","Package":"p","Test":"A","Output":"=== RUN A\n"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Elapsed":1.5}
`
		fail = `{"Action":"output","Package":"p","Test":"B","Output":"x_test.go:1: wrong sum\n"}
{"Action":"fail","Package":"p","Test":"B"}
{"Action":"fail","Package":"p","Elapsed":1}
`
		hung = `{"Action":"output","Package":"p","Test":"D","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p","Elapsed":900}
`
		skip = `{"Action":"output","Package":"p","Test":"C","Output":"=== RUN C\n"}
{"Action":"output","Package":"p","Test":"C","Output":"    x_test.go:2: no server\n"}
{"Action":"skip","Package":"p","Test":"C"}
`
		noTests = `{"Action":"skip","Package":"q"}
`
		broken = `{"Action":"build-output","ImportPath":"r","Output":"x.go:3: undefined\n"}
{"Action":"build-fail","ImportPath":"r"}
{"Action":"fail","Package":"r","FailedBuild":"r"}
`
	)
	tests := map[string]struct {
		in     string
		strict bool
		ok     bool
		want   string
	}{
		"pass":             {pass, true, true, "1 passed, 0 failed, 0 skipped"},
		"fail":             {pass + fail, false, false, "wrong sum"},
		"hung":             {pass + hung, false, false, "panic: test timed out"},
		"skip":             {pass + skip, false, true, "SKIP p C: x_test.go:2: no server"},
		"skip under CI":    {pass + skip, true, false, "a skipped test is a failure"},
		"package of none":  {pass + noTests, true, true, "0 skipped"},
		"does not compile": {broken, false, false, "undefined"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			r := report{strict: tc.strict, out: &out, output: map[string]*strings.Builder{}}
			if err := r.read(strings.NewReader(tc.in)); err != nil {
				t.Fatal(err)
			}
			if ok := r.close(); ok != tc.ok || !strings.Contains(out.String(), tc.want) {
				t.Errorf("ok %v, want %v and %q in:\n%s", ok, tc.ok, tc.want, out.String())
			}
		})
	}
}

func TestReport_RefusesGarbage(t *testing.T) {
	r := report{out: &strings.Builder{}, output: map[string]*strings.Builder{}}
	if err := r.read(strings.NewReader("go: cannot find module\n")); err == nil {
		t.Error("accepted a line that is no event")
	}
}
