import type { StatPanel } from "../../constructs/core/panel";
import { box, drawing, text, textSize, type Drawing, type Shape } from "./canvas";
import type { NamedSample } from "./content";
import { formatValue } from "./numbers";
import { fitted, textWidth } from "./text";
import type { Theme } from "./theme";
import {
  crossedText,
  fillOf,
  footer,
  gap,
  heightOf,
  inkOf,
  moreText,
  placed,
  worst,
  type Placed,
  type View,
} from "./tiles";

const mostTiles = 12;
const leastTile = 136;

function tileShapes(panel: StatPanel, { name, value, tile }: Placed, theme: Theme): Shape[] {
  const { limits, unit, words: wordsOf } = panel;
  const words = wordsOf?.[String(value)] ?? formatValue(value, unit);
  const room = tile.width - 2 * gap;
  const largest = Math.min(140, tile.height * 0.45);
  const fitting = (largest * room) / textWidth(words, largest, "semiBold");
  const size = Math.max(textSize, Math.floor(Math.min(largest, fitting)));
  const center = tile.x + tile.width / 2;
  const limit = crossedText(limits, value, unit);
  const muted = { color: theme.muted, align: "center" } as const;
  return [
    box([tile.x, tile.y, tile.width, tile.height], theme.raised, 8),
    ...(limit === ""
      ? []
      : [box([tile.x, tile.y, 8, tile.height], fillOf(limits, value, theme.raised), 4)]),
    text(name, center, tile.y + 24, muted),
    text(fitted(words, room, size, "semiBold"), center, tile.y + tile.height / 2, {
      size,
      face: "semiBold",
      color: inkOf(limits, value, theme),
      align: "center",
    }),
    text(limit, center, tile.y + tile.height - 22, muted),
  ];
}

/** Present values, large. */
export function drawStat(
  panel: StatPanel,
  samples: readonly NamedSample[],
  { heading, theme }: View,
): Drawing {
  const { kept, more } = worst(samples, panel.limits, mostTiles);
  const columns = kept.length === 1 ? 1 : kept.length <= 4 ? 2 : 3;
  const inner = heightOf(kept.length, columns, leastTile);
  const height = inner + (more === 0 ? 0 : footer);
  return drawing(heading, theme, height, [
    ...placed(kept, columns, inner).flatMap((one) => tileShapes(panel, one, theme)),
    ...moreText(more, height, theme),
  ]);
}
