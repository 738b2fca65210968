import { setFlagsFromString } from "node:v8";
import noto from "@fontsource/noto-sans/files/noto-sans-latin-400-normal.woff2";
import notoSemiBold from "@fontsource/noto-sans/files/noto-sans-latin-600-normal.woff2";
import mono from "@fontsource/noto-sans-mono/files/noto-sans-mono-latin-400-normal.woff2";
import hangul from "@fontsource/noto-sans-kr/files/noto-sans-kr-korean-400-normal.woff2";
// Signs that titles and legends use and the others lack: ≤ ≥ ≠ ∞, Greek, ←, →.
import comparisons from "@fontsource/noto-sans-kr/files/noto-sans-kr-98-400-normal.woff2";
import greek from "@fontsource/noto-sans-kr/files/noto-sans-kr-99-400-normal.woff2";
import leftArrow from "@fontsource/noto-sans-kr/files/noto-sans-kr-103-400-normal.woff2";
import rightArrow from "@fontsource/noto-sans-kr/files/noto-sans-kr-110-400-normal.woff2";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import wasm from "@resvg/resvg-wasm/index_bg.wasm";
import { BarChart, GaugeChart, LineChart } from "echarts/charts";
import {
  GraphicComponent,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
} from "echarts/components";
import { init, setPlatformAPI, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { fontFamilies, pictureWidth, type Drawing } from "./canvas";
import { textWidth } from "./text";

// The first file that has a sign lends it to text in another face.
const fontBuffers = [noto, notoSemiBold, hangul, comparisons, greek, leftArrow, rightArrow, mono];

use([
  BarChart,
  GaugeChart,
  LineChart,
  GraphicComponent,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
  SVGRenderer,
]);
// There is no browser to measure with.
setPlatformAPI({
  measureText: (words: string, font = "") => {
    const size = Number(/(\d+(?:\.\d+)?)px/.exec(font)?.[1] ?? 12);
    return { width: textWidth(words, size, /\b600\b/.test(font) ? "semiBold" : "regular") };
  },
});

let ready: Promise<void> | undefined;

async function start(): Promise<void> {
  // The optimising compiler takes 60 MiB for good and makes a picture no faster that is drawn now and then.
  setFlagsFromString("--liftoff-only");
  await initWasm(wasm);
}

/** The drawing as SVG, without its fonts. */
export function toSvg({ height, option }: Drawing): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: pictureWidth, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    // What is not disposed of stays for good, 5 MB a chart.
    chart.dispose();
  }
}

/** The drawing as PNG, `scale` times as large. */
export async function toPng(drawing: Drawing, scale: number): Promise<Buffer> {
  const svg = toSvg(drawing);
  await (ready ??= start());
  const image = new Resvg(svg, {
    font: {
      fontBuffers,
      defaultFontFamily: fontFamilies.regular,
      sansSerifFamily: fontFamilies.regular,
      monospaceFamily: fontFamilies.mono,
    },
    fitTo: { mode: "zoom", value: scale },
  });
  try {
    const pixels = image.render();
    try {
      return Buffer.from(pixels.asPng());
    } finally {
      pixels.free();
    }
  } finally {
    image.free();
  }
}
