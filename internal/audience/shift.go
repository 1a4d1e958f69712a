package audience

import "github.com/RoaringBitmap/roaring/v2"

// Everybody is who is in either set. The caller owns the bitmap.
func (r Result) Everybody() *roaring.Bitmap { return roaring.Or(r.Likely, r.Possible) }

// Shift is how an audience changed from one version of a policy to the next.
// Added, Dropped and Stay have no common member and make up all who were or
// are concerned; Firmer and Vaguer are the part of Stay of whom more or less is
// certain now.
type Shift struct {
	Added   *roaring.Bitmap // in neither set before
	Dropped *roaring.Bitmap // in neither set any more
	Stay    *roaring.Bitmap // in a set before and now
	Firmer  *roaring.Bitmap // possible before, likely now
	Vaguer  *roaring.Bitmap // likely before, possible now
}

// Compare returns what makes the audience after differ from that before. Either
// may be frozen, of another policy, or asked of the index today; the caller
// owns the bitmaps.
func Compare(before, after Result) Shift {
	was, is := before.Everybody(), after.Everybody()
	return Shift{
		Added: roaring.AndNot(is, was), Dropped: roaring.AndNot(was, is), Stay: roaring.And(was, is),
		Firmer: roaring.And(before.Possible, after.Likely), Vaguer: roaring.And(before.Likely, after.Possible),
	}
}
