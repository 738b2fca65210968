import type { MemoryBudget } from "../core/budget";

/** What an agent needs, wherever it runs. */
export const agentMemory: MemoryBudget = {
  reservationMiB: 256,
  workingSetMiB: 224,
  limitMiB: 384,
  measured:
    "41 MiB anonymous when idle; of its 570 MB program so much is read again and again that below 224 MiB it takes 4 CPU seconds a minute to read it anew, amd64",
};
