import { refuse, show } from "./errors";

/** What a service needs, in MiB, with the measurement that justifies it. */
export interface MemoryBudget {
  /** What is set aside for it: not less than its working set. */
  readonly reservationMiB: number;
  /** Anonymous memory and hot file pages, measured. */
  readonly workingSetMiB: number;
  /** Where the kernel stops it; as much again may lie in swap. */
  readonly limitMiB: number;
  /**
   * Whether it may be swapped out at all: what must answer within seconds must not.
   * @default true
   */
  readonly swap?: boolean;
  /** How the working set was measured. */
  readonly measured: string;
}

/** The machine that carries the services. */
export interface Machine {
  /** Shown in errors, e.g. `t4g.small`. */
  readonly name: string;
  /** Memory in MiB. */
  readonly memoryMiB: number;
  /** Swap (zram or disk) in MiB. */
  readonly swapMiB: number;
  /** Disk for data volumes, in GiB. */
  readonly diskGiB: number;
}

/**
 * What the operating system, the engine and WireGuard take, in MiB: a t4g.small leaves 1600 of its 2048 MiB.
 */
export const systemMiB = 448;

/** The share of the disk that data may fill; the rest is head room for compaction and for the alert to arrive in time. */
export const usableDiskShare = 0.7;

/** What one service was given. */
export interface BudgetEntry {
  readonly service: string;
  readonly memory: MemoryBudget;
  readonly diskGiB: number;
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(12))).join("");
}

/** Without the last digits of binary fractions: 4 + 0.1 + 0.1 is 4.2. */
function tidy(sum: number): number {
  return Number(sum.toFixed(3));
}

/** Adds up what the services of a machine need. */
export class Budget {
  readonly #entries: BudgetEntry[] = [];

  constructor(readonly machine: Machine) {}

  /**
   * States what a service needs.
   * @throws ConfigurationError when its own figures contradict one another
   */
  add(service: string, memory: MemoryBudget, diskGiB = 0): void {
    const { reservationMiB, workingSetMiB, limitMiB } = memory;
    refuse(`budget of '${service}'`, [
      ...(reservationMiB >= workingSetMiB
        ? []
        : [
            {
              field: "reservationMiB",
              allowed: `at least the working set of ${String(workingSetMiB)}`,
              got: show(reservationMiB),
            },
          ]),
      ...(limitMiB >= reservationMiB
        ? []
        : [
            {
              field: "limitMiB",
              allowed: `at least the reservation of ${String(reservationMiB)}`,
              got: show(limitMiB),
            },
          ]),
    ]);
    this.#entries.push({ service, memory, diskGiB });
  }

  /** Every service with what it needs, in the order of addition. */
  get entries(): readonly BudgetEntry[] {
    return [...this.#entries];
  }

  /** Sums over all services. */
  get total(): {
    readonly reservationMiB: number;
    readonly limitMiB: number;
    readonly diskGiB: number;
  } {
    const sum = (of: (entry: BudgetEntry) => number) =>
      tidy(this.#entries.reduce((n, e) => n + of(e), 0));
    return {
      reservationMiB: sum((e) => e.memory.reservationMiB),
      limitMiB: sum((e) => e.memory.limitMiB),
      diskGiB: sum((e) => e.diskGiB),
    };
  }

  /** A row per service, the sums, and what the machine has. */
  table(): string {
    const { machine, total } = this;
    const cells = (name: string, ...figures: number[]) => row([name, ...figures.map(String)]);
    return [
      row(["service", "working set", "reservation", "limit", "disk GiB"]),
      ...this.#entries.map(({ service, memory, diskGiB }) =>
        cells(service, memory.workingSetMiB, memory.reservationMiB, memory.limitMiB, diskGiB),
      ),
      row(["sum", "", String(total.reservationMiB), String(total.limitMiB), String(total.diskGiB)]),
      row([
        machine.name,
        "",
        String(machine.memoryMiB - systemMiB),
        String(machine.memoryMiB + machine.swapMiB),
        String(tidy(machine.diskGiB * usableDiskShare)),
      ]),
    ].join("\n");
  }

  /**
   * Every way in which the services do not fit the machine, as sentences.
   * Σ reservations ≤ memory less the system's; Σ limits ≤ memory and swap; Σ disk ≤ 70 % of the disk.
   */
  overruns(): string[] {
    const { machine, total } = this;
    const usable = machine.memoryMiB - systemMiB;
    const most = machine.memoryMiB + machine.swapMiB;
    const disk = tidy(machine.diskGiB * usableDiskShare);
    return [
      ...(total.reservationMiB > usable
        ? [
            `'machine.memoryMiB' must be at least ${String(total.reservationMiB + systemMiB)} for reservations of ${String(total.reservationMiB)} MiB, got ${String(machine.memoryMiB)}`,
          ]
        : []),
      ...(total.limitMiB > most
        ? [
            `'machine.swapMiB' must be at least ${String(total.limitMiB - machine.memoryMiB)} for limits of ${String(total.limitMiB)} MiB, got ${String(machine.swapMiB)}`,
          ]
        : []),
      ...(total.diskGiB > disk
        ? [
            `'machine.diskGiB' must be at least ${String(Math.ceil(total.diskGiB / usableDiskShare))} for ${String(total.diskGiB)} GiB of data, got ${String(machine.diskGiB)}`,
          ]
        : []),
    ];
  }

  /** @throws Error with the table when the services do not fit */
  assertFits(): void {
    const overruns = this.overruns();
    if (overruns.length === 0) return;
    throw new BudgetError(
      `the services do not fit ${this.machine.name} (MiB):\n${overruns.map((line) => `  ${line}`).join("\n")}\n\n${this.table()}\n\nuse a larger machine, or leave a service out`,
    );
  }
}

/** The services need more than the machine has. */
export class BudgetError extends Error {
  override readonly name = "BudgetError";
}
