import { priorityDetails, type AnyAlert } from "./alert";

/** The runbook page of an alert, as Markdown. It holds no thresholds: the alert's message knows them. */
export function renderRunbook(alert: AnyAlert): string {
  const { emoji, respondWithin } = priorityDetails[alert.priority];
  return [
    `# ${alert.name}`,
    "",
    `${emoji} ${alert.priority}, respond within ${respondWithin}. ${alert.summary}.`,
    "",
    "## What it means",
    "",
    alert.runbook.meaning,
    "",
    "## If nobody acts",
    "",
    alert.runbook.impact,
    "",
    "## What to do",
    "",
    ...alert.runbook.steps.map((step, i) => `${String(i + 1)}. ${step}`),
    "",
  ].join("\n");
}
