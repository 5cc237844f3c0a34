/** Memory of an instance of a SIMD kernel, which the host lays out. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The first page of a memory is left to the kernel's own constants. */
export const firstAddress = 65536;
const pageBytes = 65536;

/** Makes a memory reach to `end`; where it grows, views of it made before are empty. */
export function reserve(memory: KernelMemory, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
}

/** The next address at which vectors may stand. */
export function aligned(address: number): number {
  return Math.ceil(address / 64) * 64;
}
