package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"vitess.io/vitess/go/mysql/collations/vindex/collate"
	"vitess.io/vitess/go/sqltypes"
	"vitess.io/vitess/go/vt/key"
	querypb "vitess.io/vitess/go/vt/proto/query"
	"vitess.io/vitess/go/vt/vtgate/vindexes"
)

// unicodeVectors is: the digest of all code points one by one; a count; and for each of the random strings (every other
// one a contraction with marks between) its length (a byte), its bytes and its id under unicode_loose_xxhash.
func unicodeVectors(t *table) []byte {
	hasher := collate.New(vindexes.XXHashBigEndian{Digest: xxhash.New()})
	all := xxhash.New()
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) && r != ' ' {
			all.Write(hasher.Hash([]byte(string(r))))
		}
	}
	var out bytes.Buffer
	put := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) }
	put(all.Sum64())
	const count = 8000
	put(uint32(count))
	random := rand.New(rand.NewSource(1))
	pick := func() string {
		switch random.Intn(9) {
		case 0, 1:
			return string(rune(' ' + random.Intn(95)))
		case 2:
			return string(rune(0xA0 + random.Intn(0x560)))
		case 3:
			return string(t.marks[random.Intn(len(t.marks))].r)
		case 4:
			return t.suffixes[random.Intn(len(t.suffixes))]
		case 5:
			_, size := utf8.DecodeLastRuneInString(t.suffixes[random.Intn(len(t.suffixes))])
			s := t.suffixes[random.Intn(len(t.suffixes))]
			return s[max(0, len(s)-size):]
		case 6:
			return string(t.starters[random.Intn(len(t.starters))])
		case 7:
			return string(rune(0x3000 + random.Intn(0xA800)))
		}
		return string(rune(random.Intn(0x30000)))
	}
	for i := range count {
		s := ""
		if i%2 == 0 {
			for _, c := range t.suffixes[random.Intn(len(t.suffixes))] {
				s += string(c)
				for n := random.Intn(3); n > 0; n-- {
					s += string(t.marks[random.Intn(len(t.marks))].r)
				}
			}
		}
		for n := random.Intn(12 - i%2*6); n >= 0; n-- {
			if c := pick(); utf8.ValidString(c) && len(s)+len(c) < 256 {
				s += c
			}
		}
		if random.Intn(100) == 0 {
			for len(s) < 240 {
				s += string(t.marks[random.Intn(len(t.marks))].r)
			}
		}
		if len(s) > 255 {
			s = "a"
		}
		out.WriteByte(byte(len(s)))
		out.WriteString(s)
		out.Write(hasher.Hash(bytes.TrimRight([]byte(s), " ")))
	}
	return out.Bytes()
}

type vector struct {
	Type   string            `json:"type"`
	Params map[string]string `json:"params,omitempty"`
	Values []value           `json:"values"`
	// An id or a range in hex, "none", "all" or "error".
	Want string `json:"want"`
}

type value struct {
	Kind string `json:"kind"`
	Text string `json:"text,omitempty"` // in hex for bytes
}

func (v value) sql() sqltypes.Value {
	switch v.Kind {
	case "null":
		return sqltypes.NULL
	case "int":
		return sqltypes.MakeTrusted(querypb.Type_INT64, []byte(v.Text))
	case "uint":
		return sqltypes.MakeTrusted(querypb.Type_UINT64, []byte(v.Text))
	case "decimal":
		return sqltypes.MakeTrusted(querypb.Type_DECIMAL, []byte(v.Text))
	case "float":
		var f float64
		if _, err := fmt.Sscan(v.Text, &f); err != nil {
			panic(err)
		}
		return sqltypes.NewFloat64(f)
	case "text":
		return sqltypes.NewVarChar(v.Text)
	}
	b, err := hex.DecodeString(v.Text)
	if err != nil {
		panic(err)
	}
	return sqltypes.MakeTrusted(querypb.Type_VARBINARY, b)
}

func values() []value {
	list := []value{{"null", ""}}
	for _, n := range []int64{0, 1, 2, 3, 4, 5, 6, 9, 10, 99, 100, 255, 256, 512, 65535, 65536, 29999, -1, -2, -128, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64} {
		list = append(list, value{"int", fmt.Sprint(n)})
		if n >= 0 {
			list = append(list, value{"uint", fmt.Sprint(n)}, value{"text", fmt.Sprint(n)}, value{"decimal", fmt.Sprint(n)})
		}
	}
	list = append(list, value{"uint", fmt.Sprint(uint64(math.MaxUint64))})
	for _, s := range []string{"", "0.0", "1.0", "1.50", "-1.5", "-7", "12345678901234567890123", "18446744073709551616"} {
		if s != "" {
			list = append(list, value{"decimal", s})
		}
		list = append(list, value{"text", s})
	}
	for _, f := range []float64{0, 1, 1.5, -2.25, 0.1, 1e5, 123456, 999999, 1e6, 1234567, 1e20, 1e21, 1.7976931348623157e308, 5e-324, 0.0001, 0.00001234, -1e-7} {
		list = append(list, value{"float", fmt.Sprint(f)})
	}
	for _, s := range []string{"test", "Test", "TEST  ", "tést", "straße", "STRASSE", " 12", "12 ", "\t1\n", "+1", "1a", "0x1", "US", "FR", "a b", "日本語", "ﬁ", "e\u0301", "é", "😀", "ab%c", "testaverylongvaluetomakesurethisworks and goes beyond the thirty-two bytes of a stripe"} {
		list = append(list, value{"text", s})
	}
	for _, s := range []string{"", "00", "31", "ff", "fffe", "0102030405060708090a", "c3a9", "a0", "61ff62"} {
		list = append(list, value{"bytes", s})
	}
	return list
}

func vindexVectors() []byte {
	ctx := context.Background()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	regions := "regions.json"
	if err := os.WriteFile(regions, []byte(`{"US": 1, "FR": 515, "1": 255, "": 3}`), 0o600); err != nil {
		panic(err)
	}
	defer os.Remove(regions)
	describe := func(d key.ShardDestination) string {
		switch d := d.(type) {
		case key.DestinationNone:
			return "none"
		case key.DestinationAllShards:
			return "all"
		case key.DestinationKeyspaceID:
			return hex.EncodeToString(d)
		case key.DestinationKeyRange:
			return hex.EncodeToString(d.KeyRange.Start) + "-" + hex.EncodeToString(d.KeyRange.End)
		}
		panic(fmt.Sprintf("%T", d))
	}
	emit := func(vindexType string, params map[string]string, row []value) {
		vindex, err := vindexes.CreateVindex(vindexType, "v", params)
		if err != nil {
			panic(err)
		}
		var sql []sqltypes.Value
		for _, v := range row {
			sql = append(sql, v.sql())
		}
		destinations, err := vindexes.Map(ctx, vindex, nil, [][]sqltypes.Value{sql})
		want := "error"
		if err == nil {
			want = describe(destinations[0])
		}
		if err := encoder.Encode(vector{vindexType, params, row, want}); err != nil {
			panic(err)
		}
	}
	list := values()
	for _, v := range []struct {
		name   string
		params map[string]string
	}{
		{"binary", nil}, {"binary_md5", nil}, {"hash", nil}, {"null", nil}, {"numeric", nil}, {"reverse_bits", nil},
		{"unicode_loose_md5", nil}, {"unicode_loose_xxhash", nil}, {"xxhash", nil},
		{"numeric_static_map", map[string]string{"json": `{"1": 2, "3": 4, "5": 18446744073709551615}`}},
		{"numeric_static_map", map[string]string{"json": `{"1": 2}`, "fallback_type": "xxhash"}},
		{"numeric_static_map", map[string]string{"json": `{"1": 2}`, "fallback_type": "hash"}},
		{"cfc", nil},
		{"cfc", map[string]string{"hash": "md5", "offsets": "[2,4]"}},
		{"cfc", map[string]string{"hash": "xxhash64", "offsets": "[1]"}},
		{"cfc", map[string]string{"hash": "xxhash64", "offsets": "[3,12]"}},
	} {
		for _, v_ := range list {
			emit(v.name, v.params, []value{v_})
		}
	}
	random := rand.New(rand.NewSource(2))
	pick := func() value { return list[random.Intn(len(list))] }
	number := func() value {
		for {
			if v := pick(); v.Kind == "int" || v.Kind == "uint" {
				return v
			}
		}
	}
	for i := range 150 {
		for _, params := range []map[string]string{
			{"column_count": "2"}, {"column_count": "3"}, {"column_count": "3", "column_bytes": "1,,2"}, {"column_count": "1"},
			{"column_count": "2", "column_bytes": "1,7", "column_vindex": "xxhash,binary"},
			{"column_count": "3", "column_vindex": "unicode_loose_md5, ,numeric"}, {"column_count": "8"},
			{"column_count": "4", "column_vindex": "binary,binary,binary_md5,reverse_bits", "column_bytes": "3,3,1,1"},
		} {
			row := []value{}
			for n := 1 + random.Intn(int(params["column_count"][0]-'0')); n > 0; n-- {
				if random.Intn(3) == 0 {
					row = append(row, pick())
				} else {
					row = append(row, number())
				}
			}
			emit("multicol", params, row)
		}
		width := map[string]string{"region_bytes": fmt.Sprint(1 + i%2)}
		emit("region_experimental", width, []value{number(), pick()})
		emit("region_experimental", width, []value{number()})
		json := map[string]string{"region_bytes": width["region_bytes"], "region_map": regions}
		emit("region_json", json, []value{number(), pick()})
		emit("region_json", json, []value{pick(), {"text", "FR"}})
	}
	for _, pattern := range []string{"a%", "ab_c", "abcdef%", "%", "_", "ab\\%c%", "ab\\\\%", "abc", "\\", "ab\\n\\0%", "\xff\xff%", "\xff%", "a\xff%", ""} {
		for _, params := range []map[string]string{nil, {"hash": "md5", "offsets": "[2,4]"}, {"hash": "xxhash64", "offsets": "[1]"}} {
			vindex, err := vindexes.CreateVindex("cfc", "v", params)
			if err != nil {
				panic(err)
			}
			prefix := vindex.(vindexes.Prefixable).PrefixVindex()
			destinations, err := prefix.Map(ctx, nil, []sqltypes.Value{sqltypes.NewVarBinary(pattern)})
			want := "error"
			if err == nil {
				want = describe(destinations[0])
			}
			if err := encoder.Encode(vector{"cfc like", params, []value{{"bytes", hex.EncodeToString([]byte(pattern))}}, want}); err != nil {
				panic(err)
			}
		}
	}
	return out.Bytes()
}
