package identity

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	// KeySize is the length of the operator's key, in bytes.
	KeySize = 32

	sealVersion = 1
	keyIDSize   = 4
	headerSize  = 1 + keyIDSize
)

// ErrSealed is wrapped by the errors of Vault.Open: the key is another one, the context is another one, or the bytes were
// changed. Which of the last two it was cannot be told.
var ErrSealed = errors.New("cannot be opened")

// Vault seals secrets with XChaCha20-Poly1305 under a key of the environment, so that a copy of the database gives none
// away. What it seals begins with the version of this format and the number of its key:
//
//	version (1) · key (4) · nonce (24) · ciphertext and tag
type Vault struct {
	random io.Reader
	keys   []vaultKey // the first seals, all open
}

type vaultKey struct {
	id   []byte
	aead cipher.AEAD
}

// NewVault makes a vault that seals with key and still opens what older keys sealed. random is crypto/rand.Reader outside
// of tests. Keys have KeySize bytes.
func NewVault(random io.Reader, key []byte, older ...[]byte) (*Vault, error) {
	v := &Vault{random: random}
	for _, master := range append([][]byte{key}, older...) {
		derived, err := DeriveKey(master, "seal")
		if err != nil {
			return nil, err
		}
		aead, err := chacha20poly1305.NewX(derived)
		if err != nil {
			return nil, fmt.Errorf("prepare the seal: %w", err)
		}
		sum := sha256.Sum256(derived)
		v.keys = append(v.keys, vaultKey{id: sum[:keyIDSize], aead: aead})
	}
	return v, nil
}

// DeriveKey makes a key for one purpose from the operator's, so that no two uses share one (HKDF, RFC 5869). The purposes
// in use are "seal", and those that callers name for their digests.
func DeriveKey(master []byte, purpose string) ([]byte, error) {
	if len(master) != KeySize {
		return nil, fmt.Errorf("derive a key: the secret key has %d bytes, not %d", len(master), KeySize)
	}
	key, err := hkdf.Key(sha256.New, master, nil, "nichoir "+purpose, KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return key, nil
}

// Seal makes plain unreadable. It opens only with the same context, so that a value copied to another row is refused.
func (v *Vault) Seal(plain []byte, context string) ([]byte, error) {
	key, header := v.keys[0], v.Header()
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	if _, err := io.ReadFull(v.random, nonce); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	sealed := append(bytes.Clone(header), nonce...)
	return key.aead.Seal(sealed, nonce, plain, associated(header, context)), nil
}

// Header is what all begins with that Seal makes now: what begins otherwise was sealed with an older key.
func (v *Vault) Header() []byte { return append([]byte{sealVersion}, v.keys[0].id...) }

// Open reads what Seal made with the same context, or returns an error that wraps ErrSealed.
func (v *Vault) Open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < headerSize+chacha20poly1305.NonceSizeX+chacha20poly1305.Overhead || sealed[0] != sealVersion {
		return nil, fmt.Errorf("%w: not a sealed value", ErrSealed)
	}
	header, rest := sealed[:headerSize], sealed[headerSize:]
	nonce, box := rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:]
	for _, key := range v.keys {
		if !bytes.Equal(key.id, header[1:]) {
			continue
		}
		plain, err := key.aead.Open(nil, nonce, box, associated(header, context))
		if err != nil {
			return nil, fmt.Errorf("%w: changed, or sealed for something else", ErrSealed)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: sealed with another secret key", ErrSealed)
}

// For returns the part of the vault that keeps one kind of secret.
func (v *Vault) For(context string) Compartment { return Compartment{vault: v, context: context} }

// Compartment seals and opens for one context.
type Compartment struct {
	vault   *Vault
	context string
}

// Seal is Vault.Seal.
func (c Compartment) Seal(plain []byte) ([]byte, error) { return c.vault.Seal(plain, c.context) }

// Open is Vault.Open.
func (c Compartment) Open(sealed []byte) ([]byte, error) { return c.vault.Open(sealed, c.context) }

// associated binds the ciphertext to its header and its context.
func associated(header []byte, context string) []byte {
	return append(bytes.Clone(header), context...)
}
