import type { Construct } from "constructs";
import type { z } from "zod";
import type { Fault } from "./errors";
import type { Observable } from "./observation";
import type { Runtime } from "./runtime";
import type { Secret } from "./secret";
import { faultsOf } from "./schema";

/** What a source is given to build itself. */
export interface SourceContext {
  readonly scope: Construct;
  /** Construct id: unique in the stack. */
  readonly id: string;
  readonly runtime: Runtime;
}

/** A setting that another source may state too, and then alike. */
export interface Agreement {
  /** What the setting is about, e.g. `batcher wallet of my-chain`. */
  readonly what: string;
  /** Where it stands in the source's props. */
  readonly field: string;
  readonly value: unknown;
}

/** Something an environment watches, listed under `sources`. Nothing is checked until the environment is. */
export interface Source {
  /** Folder name of the exporter. */
  readonly type: string;
  /** Construct id of its container or observation: the type, and the instance where there can be several. */
  readonly id: string;
  /** Secrets that its container needs, if it has one. */
  readonly secrets: readonly Secret[];
  /** `host:port` of the programs that it scrapes and does not run itself. */
  readonly targets: readonly string[];
  /** What other sources of the environment must not contradict. */
  readonly agreements: readonly Agreement[];
  /** Every fault of its props; `field` is where they stand in the environment. */
  check(field: string): Fault[];
  /** @throws ConfigurationError when the props are at fault */
  create(context: SourceContext): readonly Observable[];
}

/** Definition of a kind of source. */
export interface SourceDefinition<S extends z.ZodType> {
  /** Folder name of the exporter. */
  readonly type: string;
  /** What an environment may write. */
  readonly schema: S;
  /**
   * What tells several sources of this type apart, e.g. the chain.
   * @default - there is one per environment
   */
  instance?(props: z.output<S>): string;
  /** @default - none */
  secrets?(props: z.output<S>): readonly Secret[];
  /** @default - none */
  targets?(props: z.output<S>): readonly string[];
  /** @default - none */
  agreements?(props: z.output<S>): readonly Agreement[];
  create(props: z.output<S>, context: SourceContext): readonly Observable[];
}

/** What environments call to list a source: `opBatcher({ chain: "my-chain" })`. */
export interface SourceFactory<S extends z.ZodType> {
  (props: z.input<S>): Source;
  /** Folder name of the exporter. */
  readonly type: string;
  /** What an environment may write. */
  readonly schema: S;
}

/** Makes the factory of a kind of source. */
export function defineSource<S extends z.ZodType>(
  definition: SourceDefinition<S>,
): SourceFactory<S> {
  const { type, schema } = definition;
  const make = (props: z.input<S>): Source => {
    const parsed = schema.safeParse(props);
    const whenSound = <T>(read: (props: z.output<S>) => T, otherwise: T): T =>
      parsed.success ? read(parsed.data) : otherwise;
    const instance = whenSound((p) => definition.instance?.(p), undefined);
    return {
      type,
      id: instance === undefined ? type : `${type}-${instance}`,
      secrets: whenSound((p) => definition.secrets?.(p) ?? [], []),
      targets: whenSound((p) => definition.targets?.(p) ?? [], []),
      agreements: whenSound((p) => definition.agreements?.(p) ?? [], []),
      check: (field) => (parsed.success ? [] : faultsOf(parsed.error, props, field)),
      create: (context) => definition.create(schema.parse(props), context),
    };
  };
  return Object.assign(make, { type, schema });
}
