import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseDocument, stringify } from "yaml";
import { assetPath } from "./paths";
import { refuse, show } from "./errors";

/** A scalar that an environment puts into an asset. */
export type Scalar = string | number | boolean;

/** A file that a container finds at `path`: text that is rendered here, or a file of the package that is uploaded as it is. */
export class ConfigFile {
  /** Rendered text, at an absolute path inside the container. */
  static text(path: string, content: string): ConfigFile {
    return new ConfigFile(path, content, undefined);
  }

  /** A whole file generated from data. */
  static yaml(path: string, value: unknown): ConfigFile {
    return ConfigFile.text(path, stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
  }

  /** A whole file generated from data. */
  static json(path: string, value: unknown): ConfigFile {
    return ConfigFile.text(path, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** A file of assets/ as it is. */
  static asset(path: string, asset: string): ConfigFile {
    return ConfigFile.text(path, readFileSync(assetPath(asset), "utf8"));
  }

  /**
   * A YAML file of assets/ in which some scalars are replaced.
   * @param scalars by dotted path; each must exist in the asset
   * @param lists by dotted path likewise; each replaces the asset's whole, nothing is merged
   * @throws ConfigurationError for paths that the asset does not have, all at once
   */
  static overlay(
    path: string,
    asset: string,
    scalars: Readonly<Record<string, Scalar>>,
    lists: Readonly<Record<string, readonly object[]>> = {},
  ): ConfigFile {
    const document = parseDocument(readFileSync(assetPath(asset), "utf8"));
    const entries = Object.entries({ ...scalars, ...lists }).map(([key, value]) => ({
      key,
      at: key.split("."),
      value,
    }));
    refuse(
      `assets/${asset}`,
      entries
        .filter(({ at }) => !document.hasIn(at))
        .map(({ key }) => ({
          field: key,
          allowed: "a path that exists in the asset",
          got: "no such path",
          repair: "correct the path, or add the key to the asset",
        })),
    );
    for (const { at, value } of entries) document.setIn(at, value);
    return ConfigFile.text(path, document.toString({ lineWidth: 0 }));
  }

  /** A large file that is uploaded from disk and stays out of plan and state; known to them by its hash. */
  static fromDisk(path: string, file: string): ConfigFile {
    return new ConfigFile(path, readFileSync(file, "utf8"), file);
  }

  private constructor(
    /** Absolute path in the container. */
    readonly path: string,
    /** The bytes, as text. */
    readonly content: string,
    /** Set when the file is uploaded from disk. */
    readonly source: string | undefined,
  ) {
    refuse("config file", [
      ...(path.startsWith("/")
        ? []
        : [{ field: "path", allowed: "an absolute path in the container", got: show(path) }]),
      ...(content === ""
        ? [{ field: path, allowed: "a file with content", got: "an empty file" }]
        : []),
    ]);
  }

  /** SHA-256 of the content, hexadecimal. */
  get hash(): string {
    return createHash("sha256").update(this.content).digest("hex");
  }
}

/**
 * Escapes text for a Terraform JSON string, where `${` and `%{` open a template. The only place that does so: cdktf
 * passes strings through unchanged.
 * @throws Error when the text already carries a Terraform reference, which would be escaped to nonsense
 */
export function terraformLiteral(text: string): string {
  if (text.includes("${TfToken[")) {
    throw new Error(
      "rendered text carries a Terraform reference: build it from literals (Endpoint)",
    );
  }
  return text.replace(/[$%]\{/g, (opening) => `${opening.charAt(0)}${opening}`);
}

/** The text behind a Terraform JSON string that {@link terraformLiteral} made. */
export function terraformText(literal: string): string {
  return literal.replace(/([$%])\1\{/g, "$1{");
}
