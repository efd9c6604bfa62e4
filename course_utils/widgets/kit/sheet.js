// Many small pictures of one size in one JPEG (`sheet` in kit/picture.py), and how they are cut out of it.

const BLOCK = 8; // JPEG works on blocks of 8 pixels: each picture begins with a block

/** Where picture number `at` lies in the sheet: [left, top]. */
export function placeOf(at, columns, [height, width]) {
  const [high, wide] = [height, width].map((length) => Math.ceil(length / BLOCK) * BLOCK);
  return [(at % columns) * wide, Math.floor(at / columns) * high];
}

/** The `count` pictures of a sheet, each cut out: else the colours of two neighbours would run together. */
export async function decoded(bytes, count, columns, size) {
  const copy = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sheet = await createImageBitmap(new Blob([copy], { type: "image/jpeg" })).catch(() => null);
  const ends = sheet ? placeOf(count - 1, columns, size).map((at, k) => at + size[1 - k]) : [];
  if (!sheet || ends[0] > sheet.width || ends[1] > sheet.height)
    throw new Error("The pictures are damaged; run the cell again.");
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      createImageBitmap(sheet, ...placeOf(at, columns, size), size[1], size[0]),
    ),
  );
}
