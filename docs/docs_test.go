// Package docs checks that the pages and the comments name what there is.
package docs

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	root   = os.DirFS("..")
	goFile = regexp.MustCompile(`[\w./-]*\w\.go\b`)
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	title  = regexp.MustCompile(`(?m)^#+ (.*)$`)

	notInAnchor = regexp.MustCompile(`[^\w-]`)
	system      = regexp.MustCompile(`_(linux|other|unix|windows|darwin)\.go$`)
)

// files returns the paths of all files with an extension, from the root on.
func files(t *testing.T, extension string) (paths []string) {
	t.Helper()
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case path.Ext(name) == extension:
			paths = append(paths, name)
		}
		return nil
	})
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files %s: %v", len(paths), extension, err)
	}
	return paths
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(root, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A page may leave out the folders that its text has named before.
func TestGoFilesThatPagesNameAreThere(t *testing.T) {
	all := "/" + strings.Join(files(t, ".go"), "\n/") + "\n"
	for _, page := range files(t, ".md") {
		for _, name := range goFile.FindAllString(read(t, page), -1) {
			if !strings.Contains(all, "/"+name+"\n") {
				t.Errorf("%s names %s", page, name)
			}
		}
	}
}

func TestGoFilesThatCommentsNameAreThere(t *testing.T) {
	exists := make(map[string]bool)
	for _, name := range files(t, ".go") {
		exists[name] = true
	}
	for name := range exists {
		file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range file.Comments {
			for _, named := range goFile.FindAllString(group.Text(), -1) {
				if !exists[named] && !exists[path.Join(path.Dir(name), named)] {
					t.Errorf("%s names %s", name, named)
				}
			}
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range files(t, ".md") {
		for _, match := range link.FindAllStringSubmatch(read(t, page), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, ":") {
				continue // elsewhere
			}
			if target == "" {
				target = path.Base(page)
			}
			target = path.Join(path.Dir(page), target)
			if _, err := fs.Stat(root, target); err != nil {
				t.Errorf("%s: link to %s: %v", page, match[1], err)
			} else if anchor != "" && !anchors(read(t, target))[anchor] {
				t.Errorf("%s: link to %s: no such title", page, match[1])
			}
		}
	}
}

// anchors returns what the titles of a page are called in links.
func anchors(text string) map[string]bool {
	names := make(map[string]bool)
	for _, match := range title.FindAllStringSubmatch(text, -1) {
		name := strings.ReplaceAll(strings.ToLower(match[1]), " ", "-")
		names[notInAnchor.ReplaceAllString(name, "")] = true
	}
	return names
}

// A package comment that is a map of the package, because it names some of its files, names all.
func TestMapsOfPackagesNameEveryFile(t *testing.T) {
	packages := make(map[string][]string) // by folder
	for _, name := range files(t, ".go") {
		if !strings.HasSuffix(name, "_test.go") {
			packages[path.Dir(name)] = append(packages[path.Dir(name)], name)
		}
	}
	maps := 0
	for _, members := range packages {
		named, where := namedInPackageComment(t, members)
		if len(named) < 3 {
			continue
		}
		maps++
		for _, name := range members {
			if name != where && !named[anySystem(path.Base(name))] {
				t.Errorf("%s does not name %s", where, name)
			}
		}
	}
	if maps < 3 {
		t.Errorf("%d maps found: is this test blind?", maps)
	}
}

// anySystem returns the name of a file without the system that it is for.
func anySystem(name string) string { return system.ReplaceAllString(name, ".go") }

// namedInPackageComment returns the files that the package comment names, for any system, and in
// which file it is.
func namedInPackageComment(t *testing.T, members []string) (named map[string]bool, where string) {
	t.Helper()
	for _, name := range members {
		file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if file.Doc == nil {
			continue
		}
		named = make(map[string]bool)
		for _, base := range goFile.FindAllString(file.Doc.Text(), -1) {
			named[anySystem(base)] = true
		}
		return named, name
	}
	return nil, ""
}

func TestProgramsThatPagesRunAreThere(t *testing.T) {
	program := regexp.MustCompile(`go run \./([\w/]+)`)
	for _, page := range files(t, ".md") {
		for _, match := range program.FindAllStringSubmatch(read(t, page), -1) {
			if _, err := fs.Stat(root, path.Join(match[1], "main.go")); err != nil {
				t.Errorf("%s: %s: %v", page, match[0], err)
			}
		}
	}
}
