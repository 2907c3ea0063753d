// Reads an export with golang.org/x/mod/sumdb: opens its note, and proves entries by the tiles.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tiles struct{ directory string }

func (tiles) Height() int { return 8 }

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// numbered is the path of C2SP tiles, which has no height: tile/<level>/<number>[.p/<width>].
func numbered(kind string, n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < 256 {
		path += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + kind + "/" + path
}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.directory, numbered(strconv.Itoa(tile.L), tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func entry(directory string, index, size int64) ([]byte, error) {
	width := 256
	if index/256 == size/256 {
		width = int(size % 256)
	}
	data, err := os.ReadFile(filepath.Join(directory, numbered("entries", index/256, width)))
	for place := int64(0); err == nil; place++ {
		length := int(data[0])<<8 | int(data[1])
		if place == index%256 {
			return data[2 : 2+length], nil
		}
		data = data[2+length:]
	}
	return nil, err
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Arguments: directory, verifier key, indexes.
func main() {
	directory := os.Args[1]
	data, err := os.ReadFile(filepath.Join(directory, "checkpoint"))
	check(err)
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	tree := tlog.Tree{N: size, Hash: root}
	// It authenticates every tile that it reads against the root.
	reader := tlog.TileHashReader(tree, tiles{directory})
	for _, word := range os.Args[3:] {
		index, err := strconv.ParseInt(word, 10, 64)
		check(err)
		record, err := entry(directory, index, size)
		check(err)
		proof, err := tlog.ProveRecord(size, index, reader)
		check(err)
		hash := tlog.RecordHash(record)
		check(tlog.CheckRecord(proof, size, root, index, hash))
		fmt.Printf("%d %x\n", index, hash[:])
	}
}
