package configs

import (
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written like 64MiB, 1.5GB or 1000.
type Size int64

// The units of sizes: binary ones are powers of 1024, decimal ones of 1000.
var sizeUnits = []unit{
	{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9},
	{"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1}, {"", 1},
}

// Set parses a size; it makes Size a flag.Value, as the other Sets here do.
func (s *Size) Set(text string) error {
	n, ok := parseQuantity(text, sizeUnits)
	whole := math.Round(n) // 1.001kB is not quite 1001 in floating point
	if !ok || math.Abs(n-whole) > 1e-3 || n >= math.MaxInt64 {
		return fmt.Errorf("%q is not a size like 64MiB, 10MB or 1000", text)
	}
	*s = Size(whole)
	return nil
}

func (s Size) String() string { return formatQuantity(float64(s), sizeUnits) }

// Rate is a number of bytes per second. It is written in bits per second, as
// lines are sold: 20mbit, 1.5gbit, 800kbit. 0 is unlimited.
type Rate float64

// A rate has no unit only if it is 0: else nobody could tell bits from bytes.
var rateUnits = []unit{{"gbit", 1e9 / 8}, {"mbit", 1e6 / 8}, {"kbit", 1e3 / 8}, {"bit", 1.0 / 8}, {"", 0}}

// Set parses a rate.
func (r *Rate) Set(text string) error {
	n, ok := parseQuantity(text, rateUnits)
	if !ok || n == 0 && text != "0" {
		return fmt.Errorf("%q is not a rate like 20mbit, 800kbit or 0 for no limit", text)
	}
	*r = Rate(n)
	return nil
}

func (r Rate) String() string { return formatQuantity(float64(r), rateUnits) }

// leastLimit is the lowest rate that a node can be held to: below it a single datagram
// would take longer than others wait for it.
const leastLimit Rate = 64e3 / 8

// limit is a rate that a node is held to.
func limit(r *Rate) flag.Value {
	return value{
		set: func(text string) error {
			var parsed Rate
			if err := parsed.Set(text); err != nil {
				return err
			}
			if parsed > 0 && parsed < leastLimit {
				return fmt.Errorf("%q is less than %v, the lowest limit; 0 is no limit", text, leastLimit)
			}
			*r = parsed
			return nil
		},
		get: r.String,
	}
}

// Probability is a number from 0 to 1.
type Probability float64

// Set parses a probability.
func (p *Probability) Set(text string) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return fmt.Errorf("%q is not a probability from 0 to 1, like 0.01 for one in a hundred", text)
	}
	*p = Probability(f)
	return nil
}

func (p Probability) String() string { return strconv.FormatFloat(float64(p), 'g', -1, 64) }

// A unit is what a number may be followed by. Tables of units go from the
// largest to the smallest and end with the empty name.
type unit struct {
	name   string
	factor float64
}

// parseQuantity parses a number that is not negative, with one of units. Case
// and a space between the two do not matter.
func parseQuantity(text string, units []unit) (float64, bool) {
	name := strings.TrimLeft(text, "0123456789.")
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, name), 64)
	if err != nil {
		return 0, false
	}
	name = strings.TrimPrefix(name, " ")
	for _, u := range units {
		if strings.EqualFold(u.name, name) {
			return n * u.factor, true
		}
	}
	return 0, false
}

// formatQuantity writes n in the largest unit in which it is short, or else in
// the smallest that has a name.
func formatQuantity(n float64, units []unit) string {
	if n == 0 {
		return "0"
	}
	smallest := len(units) - 2
	for _, u := range units[:smallest] {
		if s := strconv.FormatFloat(n/u.factor, 'f', -1, 64); n >= u.factor && len(s) <= 5 {
			return s + u.name
		}
	}
	u := units[smallest]
	return strconv.FormatFloat(n/u.factor, 'f', -1, 64) + u.name
}
