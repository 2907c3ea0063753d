// Asks golang.org/x/mod/sumdb: reads requests as lines of JSON, answers each with one line. Whatever the library
// refuses is answered by {"error": …}. Byte strings are base64.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type signing struct {
	Name string `json:"name"`
	Seed []byte `json:"seed"`
	Time uint64 `json:"time"` // of a cosignature; 0 for a plain signature
}

type request struct {
	Do      string    `json:"do"`
	Note    []byte    `json:"note"`
	Text    string    `json:"text"`
	Keys    []string  `json:"keys"`
	Signers []signing `json:"signers"`
	Data    []byte    `json:"data"`
	Leaves  []byte    `json:"leaves"`
	Leaf    []byte    `json:"leaf"`
	Proof   [][]byte  `json:"proof"`
	Index   int64     `json:"index"`
	Size    int64     `json:"size"`
	Root    []byte    `json:"root"`
	OldSize int64     `json:"old_size"`
	OldRoot []byte    `json:"old_root"`
}

type signature struct {
	Name  string `json:"name"`
	KeyID string `json:"key_id"`
}

type answer struct {
	Error    string      `json:"error,omitempty"`
	Text     string      `json:"text,omitempty"`
	Verified []signature `json:"verified,omitempty"`
	Unknown  []signature `json:"unknown,omitempty"`
	Note     []byte      `json:"note,omitempty"`
	Keys     []string    `json:"keys,omitempty"`
	Proof    [][]byte    `json:"proof,omitempty"`
	Hash     []byte      `json:"hash,omitempty"`
	Size     int64       `json:"size,omitempty"`
	Points   []rune      `json:"points,omitempty"`
}

// --- notes ------------------------------------------------------------------------------------------------------

// witnessKey is a key of type 04 of c2sp.org/tlog-cosignature, which sumdb lets its users add.
type witnessKey struct {
	name    string
	hash    uint32
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	time    uint64
}

func newWitnessKey(name string, public ed25519.PublicKey) witnessKey {
	sum := sha256.Sum256([]byte(name + "\n\x04" + string(public)))
	return witnessKey{name: name, hash: binary.BigEndian.Uint32(sum[:]), public: public}
}

func (k witnessKey) Name() string    { return k.name }
func (k witnessKey) KeyHash() uint32 { return k.hash }

func cosigned(time uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
}

func (k witnessKey) Verify(text, data []byte) bool {
	return len(data) == 8+ed25519.SignatureSize &&
		ed25519.Verify(k.public, cosigned(binary.BigEndian.Uint64(data), text), data[8:])
}

func (k witnessKey) Sign(text []byte) ([]byte, error) {
	var time [8]byte
	binary.BigEndian.PutUint64(time[:], k.time)
	return append(time[:], ed25519.Sign(k.private, cosigned(k.time, text))...), nil
}

func (k witnessKey) vkey() string {
	key := base64.StdEncoding.EncodeToString(append([]byte{4}, k.public...))
	return fmt.Sprintf("%s+%08x+%s", k.name, k.hash, key)
}

func verifierOf(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) == 3 {
		key, err := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && len(key) == 33 && key[0] == 4 {
			witness := newWitnessKey(parts[0], key[1:])
			if witness.vkey() == vkey {
				return witness, nil
			}
		}
	}
	return note.NewVerifier(vkey)
}

func verifiers(vkeys []string) (note.Verifiers, error) {
	var list []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := verifierOf(vkey)
		if err != nil {
			return nil, err
		}
		list = append(list, verifier)
	}
	return note.VerifierList(list...), nil
}

func signatures(list []note.Signature) (found []signature) {
	for _, one := range list {
		found = append(found, signature{one.Name, fmt.Sprintf("%08x", one.Hash)})
	}
	return found
}

func open(r request) (answer, error) {
	known, err := verifiers(r.Keys)
	if err != nil {
		return answer{}, err
	}
	opened, err := note.Open(r.Note, known)
	if err != nil {
		return answer{}, err
	}
	return answer{
		Text: opened.Text, Verified: signatures(opened.Sigs), Unknown: signatures(opened.UnverifiedSigs),
	}, nil
}

// sign signs a text, or a note that is signed already: then it keeps the lines of others.
func sign(r request) (answer, error) {
	signed := &note.Note{Text: r.Text}
	if r.Note != nil {
		var unverified *note.UnverifiedNoteError
		if _, err := note.Open(r.Note, nil); !errors.As(err, &unverified) {
			return answer{}, err
		}
		signed = unverified.Note
	}
	var signers []note.Signer
	var vkeys []string
	for _, one := range r.Signers {
		private := ed25519.NewKeyFromSeed(one.Seed)
		public := private.Public().(ed25519.PublicKey)
		if one.Time != 0 {
			witness := newWitnessKey(one.Name, public)
			witness.private, witness.time = private, one.Time
			signers = append(signers, witness)
			vkeys = append(vkeys, witness.vkey())
			continue
		}
		vkey, err := note.NewEd25519VerifierKey(one.Name, public)
		if err != nil {
			return answer{}, err
		}
		hash := strings.Split(strings.TrimPrefix(vkey, one.Name+"+"), "+")[0]
		secret := base64.StdEncoding.EncodeToString(append([]byte{1}, one.Seed...))
		signer, err := note.NewSigner("PRIVATE+KEY+" + one.Name + "+" + hash + "+" + secret)
		if err != nil {
			return answer{}, err
		}
		signers = append(signers, signer)
		vkeys = append(vkeys, vkey)
	}
	data, err := note.Sign(signed, signers...)
	return answer{Note: data, Keys: vkeys}, err
}

// names lists the characters below Size that a note can carry and a key name can't.
func names(r request) answer {
	var found []rune
	for point := rune(' '); point < rune(r.Size); point++ {
		if 0xd800 <= point && point < 0xe000 {
			continue
		}
		_, err := note.Open([]byte("t\n\n— a"+string(point)+"b AAAAAAA=\n"), nil)
		var unverified *note.UnverifiedNoteError
		if !errors.As(err, &unverified) {
			found = append(found, point)
		}
	}
	return answer{Points: found}
}

// --- trees ------------------------------------------------------------------------------------------------------

// reader is what proofs are made from: the leaves given last.
var reader tlog.HashReader

func hashOf(data []byte) (hash tlog.Hash, err error) {
	if len(data) != tlog.HashSize {
		return hash, fmt.Errorf("a hash of %d bytes", len(data))
	}
	copy(hash[:], data)
	return hash, nil
}

func hashesOf(list [][]byte) (hashes []tlog.Hash, err error) {
	for _, data := range list {
		hash, err := hashOf(data)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// tree keeps the leaves, hashes one after the other.
func tree(r request) (answer, error) {
	var stored []tlog.Hash
	reader = tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for place := 0; place < len(r.Leaves); place += tlog.HashSize {
		leaf, err := hashOf(r.Leaves[place : place+tlog.HashSize])
		if err != nil {
			return answer{}, err
		}
		added, err := tlog.StoredHashesForRecordHash(int64(place/tlog.HashSize), leaf, reader)
		if err != nil {
			return answer{}, err
		}
		stored = append(stored, added...)
	}
	return answer{Size: int64(len(r.Leaves) / tlog.HashSize)}, nil
}

// uniform is the tree of any size whose leaves are all the same: all complete subtrees of one height are equal.
func uniform(r request) (answer, error) {
	leaf, err := hashOf(r.Leaf)
	levels := []tlog.Hash{leaf}
	for len(levels) < 63 {
		last := levels[len(levels)-1]
		levels = append(levels, tlog.NodeHash(last, last))
	}
	reader = tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			level, _ := tlog.SplitStoredHashIndex(index)
			found = append(found, levels[level])
		}
		return found, nil
	})
	return answer{}, err
}

func root(r request) (answer, error) {
	hash, err := tlog.TreeHash(r.Size, reader)
	return answer{Hash: hash[:]}, err
}

func proofAnswer(proof []tlog.Hash, err error) (answer, error) {
	var list [][]byte
	for i := range proof {
		list = append(list, proof[i][:])
	}
	return answer{Proof: list}, err
}

func checkRecord(r request) error {
	proof, err := hashesOf(r.Proof)
	if err != nil {
		return err
	}
	hashes, err := hashesOf([][]byte{r.Root, r.Leaf})
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, r.Size, hashes[0], r.Index, hashes[1])
}

func checkTree(r request) error {
	proof, err := hashesOf(r.Proof)
	if err != nil {
		return err
	}
	hashes, err := hashesOf([][]byte{r.Root, r.OldRoot})
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, r.Size, hashes[0], r.OldSize, hashes[1])
}

func parseTree(r request) (answer, error) {
	tree, err := tlog.ParseTree([]byte(r.Text))
	return answer{Size: tree.N, Hash: tree.Hash[:]}, err
}

// --- receipts ---------------------------------------------------------------------------------------------------

func decoded(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil && base64.StdEncoding.EncodeToString(data) != text {
		err = errors.New("not the one base64 form")
	}
	return data, err
}

func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && (n < 0 || strconv.FormatInt(n, 10) != text) {
		err = errors.New("not the one decimal form")
	}
	return n, err
}

// receipt checks a whole c2sp.org/tlog-proof file whose extra line is the entry. The key's name is the origin.
func receipt(r request) (answer, error) {
	head, checkpoint, _ := bytes.Cut(r.Data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return answer{}, errors.New("no tlog-proof with an entry")
	}
	entry, err := decoded(lines[1][len("extra "):])
	if err != nil {
		return answer{}, err
	}
	index, err := number(lines[2][len("index "):])
	if err != nil {
		return answer{}, err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		data, err := decoded(line)
		if err != nil {
			return answer{}, err
		}
		hash, err := hashOf(data)
		if err != nil {
			return answer{}, err
		}
		proof = append(proof, hash)
	}
	opened, err := open(request{Note: checkpoint, Keys: r.Keys})
	if err != nil {
		return answer{}, err
	}
	text := strings.Split(opened.Text, "\n")
	if len(text) != 4 || text[0] != opened.Verified[0].Name {
		return answer{}, errors.New("no checkpoint of this log")
	}
	size, err := number(text[1])
	if err != nil {
		return answer{}, err
	}
	root, err := tlog.ParseHash(text[2])
	if err != nil {
		return answer{}, err
	}
	leaf := tlog.RecordHash(entry)
	return answer{
		Hash: leaf[:], Size: size, Verified: opened.Verified, Unknown: opened.Unknown,
	}, tlog.CheckRecord(proof, size, root, index, leaf)
}

// ----------------------------------------------------------------------------------------------------------------

func answered(r request) (answer, error) {
	switch r.Do {
	case "open":
		return open(r)
	case "sign":
		return sign(r)
	case "key":
		_, err := note.NewVerifier(r.Text)
		return answer{}, err
	case "names":
		return names(r), nil
	case "hash":
		hash := tlog.RecordHash(r.Data)
		return answer{Hash: hash[:]}, nil
	case "tree":
		return tree(r)
	case "uniform":
		return uniform(r)
	case "root":
		return root(r)
	case "prove_record":
		return proofAnswer(tlog.ProveRecord(r.Size, r.Index, reader))
	case "prove_tree":
		return proofAnswer(tlog.ProveTree(r.Size, r.OldSize, reader))
	case "check_record":
		return answer{}, checkRecord(r)
	case "check_tree":
		return answer{}, checkTree(r)
	case "parse_tree":
		return parseTree(r)
	case "format_tree":
		hash, err := hashOf(r.Root)
		return answer{Text: string(tlog.FormatTree(tlog.Tree{N: r.Size, Hash: hash}))}, err
	case "receipt":
		return receipt(r)
	}
	log.Fatalf("no such request: %q", r.Do)
	return answer{}, nil
}

func main() {
	requests := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := json.NewEncoder(os.Stdout)
	for requests.More() {
		var r request
		if err := requests.Decode(&r); err != nil {
			log.Fatal(err)
		}
		found, err := answered(r)
		if err != nil {
			found = answer{Error: err.Error()}
		}
		if err := answers.Encode(found); err != nil {
			log.Fatal(err)
		}
	}
}
