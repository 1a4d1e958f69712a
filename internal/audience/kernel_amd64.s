#include "textflag.h"

// The kernels of kernel.go with registers of 256 bits. DI, SI, DX and BX are
// d, a, b and c; AX is how far they are, in bytes. The bitsets have 8,192
// bytes, 128 at a turn. Y8 gathers what is left.

#define START \
	MOVQ d+0(FP), DI  \
	MOVQ a+8(FP), SI  \
	MOVQ b+16(FP), DX \
	XORQ AX, AX       \
	VPXOR Y8, Y8, Y8

#define LOAD \
	VMOVDQU (SI)(AX*1), Y0   \
	VMOVDQU 32(SI)(AX*1), Y1 \
	VMOVDQU 64(SI)(AX*1), Y2 \
	VMOVDQU 96(SI)(AX*1), Y3

#define LOADB \
	VMOVDQU (DX)(AX*1), Y4   \
	VMOVDQU 32(DX)(AX*1), Y5 \
	VMOVDQU 64(DX)(AX*1), Y6 \
	VMOVDQU 96(DX)(AX*1), Y7

#define ORC \
	VPOR (BX)(AX*1), Y4, Y4   \
	VPOR 32(BX)(AX*1), Y5, Y5 \
	VPOR 64(BX)(AX*1), Y6, Y6 \
	VPOR 96(BX)(AX*1), Y7, Y7

#define AND \
	VPAND Y4, Y0, Y0 \
	VPAND Y5, Y1, Y1 \
	VPAND Y6, Y2, Y2 \
	VPAND Y7, Y3, Y3

#define ANDNOT \
	VPANDN Y0, Y4, Y0 \
	VPANDN Y1, Y5, Y1 \
	VPANDN Y2, Y6, Y2 \
	VPANDN Y3, Y7, Y3

#define STORE \
	VMOVDQU Y0, (DI)(AX*1)   \
	VMOVDQU Y1, 32(DI)(AX*1) \
	VMOVDQU Y2, 64(DI)(AX*1) \
	VMOVDQU Y3, 96(DI)(AX*1)

#define GATHER \
	VPOR Y0, Y1, Y0 \
	VPOR Y2, Y3, Y2 \
	VPOR Y0, Y8, Y8 \
	VPOR Y2, Y8, Y8

// func orWide(d, a, b *bitset)
TEXT ·orWide(SB), NOSPLIT, $0-24
	START

loop:
	LOAD
	VPOR (DX)(AX*1), Y0, Y0
	VPOR 32(DX)(AX*1), Y1, Y1
	VPOR 64(DX)(AX*1), Y2, Y2
	VPOR 96(DX)(AX*1), Y3, Y3
	STORE
	ADDQ $128, AX
	CMPQ AX, $8192
	JLT  loop
	VZEROUPPER
	RET

// func andWide(d, a, b *bitset) bool
TEXT ·andWide(SB), NOSPLIT, $0-25
	START

loop:
	LOAD
	LOADB
	AND
	STORE
	GATHER
	ADDQ $128, AX
	CMPQ AX, $8192
	JLT  loop
	VPTEST Y8, Y8
	SETNE  ret+24(FP)
	VZEROUPPER
	RET

// func andNotWide(d, a, b *bitset) bool
TEXT ·andNotWide(SB), NOSPLIT, $0-25
	START

loop:
	LOAD
	LOADB
	ANDNOT
	STORE
	GATHER
	ADDQ $128, AX
	CMPQ AX, $8192
	JLT  loop
	VPTEST Y8, Y8
	SETNE  ret+24(FP)
	VZEROUPPER
	RET

// func andOrWide(d, a, b, c *bitset) bool
TEXT ·andOrWide(SB), NOSPLIT, $0-33
	START
	MOVQ c+24(FP), BX

loop:
	LOAD
	LOADB
	ORC
	AND
	STORE
	GATHER
	ADDQ $128, AX
	CMPQ AX, $8192
	JLT  loop
	VPTEST Y8, Y8
	SETNE  ret+32(FP)
	VZEROUPPER
	RET

// func andNotOrWide(d, a, b, c *bitset) bool
TEXT ·andNotOrWide(SB), NOSPLIT, $0-33
	START
	MOVQ c+24(FP), BX

loop:
	LOAD
	LOADB
	ORC
	ANDNOT
	STORE
	GATHER
	ADDQ $128, AX
	CMPQ AX, $8192
	JLT  loop
	VPTEST Y8, Y8
	SETNE  ret+32(FP)
	VZEROUPPER
	RET

// halves holds how many bits are set in each number of four bits.
DATA halves<>+0(SB)/8, $0x0302020102010100
DATA halves<>+8(SB)/8, $0x0403030203020201
DATA halves<>+16(SB)/8, $0x0302020102010100
DATA halves<>+24(SB)/8, $0x0403030203020201
GLOBL halves<>(SB), RODATA|NOPTR, $32

// lower has the lower half of each byte set.
DATA lower<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA lower<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA lower<>+16(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA lower<>+24(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL lower<>(SB), RODATA|NOPTR, $32

// Both halves of each byte of a register are looked up in halves.
#define HALVES(x, y) \
	VPAND   Y10, x, y    \
	VPSRLW  $4, x, x     \
	VPAND   Y10, x, x    \
	VPSHUFB y, Y9, y     \
	VPSHUFB x, Y9, x     \
	VPADDB  x, y, x

// func countWide(d *bitset) int
TEXT ·countWide(SB), NOSPLIT, $0-16
	MOVQ    d+0(FP), SI
	XORQ    AX, AX
	VMOVDQU halves<>(SB), Y9
	VMOVDQU lower<>(SB), Y10
	VPXOR   Y8, Y8, Y8
	VPXOR   Y11, Y11, Y11

loop:
	LOAD
	HALVES(Y0, Y4)
	HALVES(Y1, Y5)
	HALVES(Y2, Y6)
	HALVES(Y3, Y7)
	VPADDB  Y0, Y1, Y0
	VPADDB  Y2, Y3, Y2
	VPADDB  Y0, Y2, Y0  // at most 32 a byte
	VPSADBW Y11, Y0, Y0 // sums of eight bytes
	VPADDQ  Y0, Y8, Y8
	ADDQ    $128, AX
	CMPQ    AX, $8192
	JLT     loop
	VEXTRACTI128 $1, Y8, X0
	VPADDQ  X0, X8, X8
	VPSRLDQ $8, X8, X0
	VPADDQ  X0, X8, X8
	VMOVQ   X8, ret+8(FP)
	VZEROUPPER
	RET

// func fetch(p unsafe.Pointer)
TEXT ·fetch(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), AX
	PREFETCHT0 (AX)
	RET
