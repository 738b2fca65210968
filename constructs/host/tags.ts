import type { IConstruct } from "constructs";
import { TerraformResource, type IAspect } from "cdktf";

interface Taggable {
  tags: Record<string, string>;
  readonly tagsInput: Record<string, string> | undefined;
}

function isTaggable(node: IConstruct): node is IConstruct & Taggable {
  return TerraformResource.isTerraformResource(node) && "tagsInput" in node;
}

/** Puts tags on every resource that can carry some, beside its own, so that it needs no provider with default tags. */
export class Tagged implements IAspect {
  readonly #tags: Readonly<Record<string, string>>;

  constructor(tags: Readonly<Record<string, string>>) {
    this.#tags = tags;
  }

  visit(node: IConstruct): void {
    if (isTaggable(node)) node.tags = { ...this.#tags, ...node.tagsInput };
  }
}
