// A verifier of the log on Go's own packages (golang.org/x/mod/sumdb): nothing of ours in it.
//
//	verify folder VKEY DIR         every DIR/checkpoint* against the tiles and bundles of DIR
//	verify proof VKEY FILE ENTRY   a .tlog-proof against an entry in hex
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// path writes a tile's path as C2SP does; Go's own checksum database has another layout.
func path(level string, n int64, width int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	if width < 1<<height {
		name += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + name
}

type tiles struct{ dir string }

func (t tiles) Height() int                      { return height }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		raw, err := os.ReadFile(filepath.Join(t.dir, path(strconv.Itoa(tile.L), tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		found = append(found, raw)
	}
	return found, nil
}

// entries reads the first size entries from the bundles.
func entries(dir string, size int64) ([][]byte, error) {
	var found [][]byte
	for n := int64(0); int64(len(found)) < size; n++ {
		width := int64(256)
		if rest := size - n*256; rest < width {
			width = rest
		}
		raw, err := os.ReadFile(filepath.Join(dir, path("entries", n, int(width))))
		if err != nil {
			return nil, err
		}
		for i := int64(0); i < width; i++ {
			if len(raw) < 2 {
				return nil, errors.New("a bundle ends too early")
			}
			length := int(binary.BigEndian.Uint16(raw))
			if len(raw) < 2+length {
				return nil, errors.New("a bundle ends in an entry")
			}
			found = append(found, raw[2:2+length])
			raw = raw[2+length:]
		}
		if len(raw) > 0 {
			return nil, errors.New("a bundle is too long")
		}
	}
	return found, nil
}

func open(vkey string, raw []byte) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(raw, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("not a root")
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree, nil
}

type stored []tlog.Hash

func (s stored) ReadHashes(wanted []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(wanted))
	for i, at := range wanted {
		found[i] = s[at]
	}
	return found, nil
}

func folder(vkey, dir string) error {
	notes, err := filepath.Glob(filepath.Join(dir, "checkpoint*"))
	if err != nil || len(notes) == 0 {
		return errors.New("no checkpoint")
	}
	var trees []tlog.Tree
	var largest int64
	for _, name := range notes {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		tree, err := open(vkey, raw)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		trees = append(trees, tree)
		if tree.N > largest {
			largest = tree.N
		}
	}
	// The whole tree from the entries: Debian's package has CVE-2026-56865, so tiles are
	// compared with what the entries make, and not believed.
	all, err := entries(dir, largest)
	if err != nil {
		return err
	}
	var hashes stored
	for i, entry := range all {
		more, err := tlog.StoredHashes(int64(i), entry, hashes)
		if err != nil {
			return err
		}
		hashes = append(hashes, more...)
	}
	for _, tree := range trees {
		if tree.N == 0 {
			continue // its root is SHA-256 of nothing here, and zeros in this old package
		}
		root, err := tlog.TreeHash(tree.N, hashes)
		if err != nil || root != tree.Hash {
			return fmt.Errorf("size %d: the entries make another root (%v)", tree.N, err)
		}
		if err := compare(dir, tree.N, hashes); err != nil {
			return fmt.Errorf("size %d: %w", tree.N, err)
		}
		// And once through the tiles, as a client that holds nothing but the checkpoint.
		through := tlog.TileHashReader(tree, tiles{dir})
		for _, index := range []int64{0, tree.N / 2, tree.N - 1} {
			proof, err := tlog.ProveRecord(tree.N, index, through)
			if err != nil {
				return fmt.Errorf("size %d: %w", tree.N, err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(all[index])); err != nil {
				return fmt.Errorf("size %d: %w", tree.N, err)
			}
		}
		if _, err := entries(dir, tree.N); err != nil {
			return fmt.Errorf("size %d: %w", tree.N, err)
		}
	}
	fmt.Printf("%d checkpoints, %d entries\n", len(trees), largest)
	return nil
}

// compare reads the tiles at the right edge of a size, and all of the largest.
func compare(dir string, size int64, hashes stored) error {
	for level := 0; ; level++ {
		count := size >> (height * level)
		if count == 0 {
			return nil
		}
		for n := (count - 1) / 256; n >= 0; n-- {
			width := count - n*256
			if width > 256 {
				width = 256
			}
			raw, err := os.ReadFile(filepath.Join(dir, path(strconv.Itoa(level), n, int(width))))
			if err != nil {
				return err
			}
			tile := tlog.Tile{H: height, L: level, N: n, W: int(width)}
			wanted, err := tlog.ReadTileData(tile, hashes)
			if err != nil || !bytes.Equal(raw, wanted) {
				return fmt.Errorf("tile %d/%d is not what the entries make", level, n)
			}
			if size < 70000 && n < (count-1)/256 && n > 0 && count > 2000 {
				break // full tiles never change: the largest size has seen them
			}
		}
	}
}

func proof(vkey, name, entry string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return errors.New("not a hash")
		}
		var h tlog.Hash
		copy(h[:], hash)
		path = append(path, h)
	}
	tree, err := open(vkey, rest)
	if err != nil {
		return err
	}
	leaf, err := hex.DecodeString(entry)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
		return err
	}
	fmt.Printf("entry %d is in the log of %d\n", index, tree.N)
	return nil
}

func main() {
	err := errors.New("verify folder VKEY DIR | verify proof VKEY FILE ENTRY")
	switch {
	case len(os.Args) == 4 && os.Args[1] == "folder":
		err = folder(os.Args[2], os.Args[3])
	case len(os.Args) == 5 && os.Args[1] == "proof":
		err = proof(os.Args[2], os.Args[3], os.Args[4])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "REFUSED:", err)
		os.Exit(1)
	}
}
