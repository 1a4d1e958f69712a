package audience

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/domain"
)

// Freeze writes an audience down for keeping: the same sets always give the
// same bytes and the same hash.
func Freeze(likely, possible *roaring.Bitmap) (domain.FrozenAudience, error) {
	var frozen domain.FrozenAudience
	for _, set := range []struct {
		from *roaring.Bitmap
		to   *[]byte
	}{{likely, &frozen.Likely}, {possible, &frozen.Possible}} {
		raw, err := freezeSet(set.from)
		if err != nil {
			return domain.FrozenAudience{}, fmt.Errorf("freeze audience: %w", err)
		}
		*set.to = raw
	}
	frozen.SHA256 = fingerprint(frozen)
	return frozen, nil
}

// freezeSet writes a set with runs where they are shorter. Where they are not,
// as in most large sets, nothing is copied twice: memory that is new costs more
// than all else here.
func freezeSet(set *roaring.Bitmap) ([]byte, error) {
	raw, err := write(set)
	if err != nil {
		return nil, err
	}
	compact := roaring.New()
	if _, err := compact.FromBuffer(raw); err != nil {
		return nil, err
	}
	compact.RunOptimize()
	if !compact.HasRunCompression() && !set.HasRunCompression() {
		return raw, nil
	}
	return write(compact)
}

// write is ToBytes of the library into memory of the right size, where ToBytes
// lets it grow, and copies, again and again.
func write(set *roaring.Bitmap) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, set.GetSerializedSizeInBytes()))
	_, err := set.WriteTo(out)
	return out.Bytes(), err
}

// Thaw reads a frozen audience. Bytes that do not match their hash, or that
// are not two sets without a common member, are an error.
func Thaw(frozen domain.FrozenAudience) (Result, error) {
	if frozen.SHA256 != fingerprint(frozen) {
		return Result{}, fmt.Errorf("thaw audience: the stored sets do not match their hash")
	}
	likely, err := thawSet(frozen.Likely)
	if err != nil {
		return Result{}, fmt.Errorf("thaw likely audience: %w", err)
	}
	possible, err := thawSet(frozen.Possible)
	if err != nil {
		return Result{}, fmt.Errorf("thaw possible audience: %w", err)
	}
	if likely.Intersects(possible) {
		return Result{}, fmt.Errorf("thaw audience: a subscriber is in both sets")
	}
	return Result{Likely: likely, Possible: possible}, nil
}

func thawSet(raw []byte) (*roaring.Bitmap, error) {
	set := roaring.New()
	if err := set.UnmarshalBinary(raw); err != nil {
		return nil, err
	}
	if err := set.Validate(); err != nil && !set.IsEmpty() {
		return nil, err
	}
	return set, nil
}

// fingerprint hashes both sets; the length of the first keeps them apart.
func fingerprint(frozen domain.FrozenAudience) string {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(frozen.Likely))))
	h.Write(frozen.Likely)
	h.Write(frozen.Possible)
	return hex.EncodeToString(h.Sum(nil))
}
