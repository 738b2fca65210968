/** A picture cannot be made: the message says what was wrong with what was asked, or with what a store answered. */
export class PictureError extends Error {
  override readonly name = "PictureError";
}
