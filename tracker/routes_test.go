package tracker

import (
	"os"
	"strings"
	"testing"
)

func TestEveryRouteIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/tracker-api.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range routes {
		if !strings.Contains(string(page), "`"+route.method+" "+route.path) {
			t.Errorf("%s %s is missing", route.method, route.path)
		}
	}
}
