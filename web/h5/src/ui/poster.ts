import qrcode from "qrcode-generator";
import { firstSign } from "./picture";

/** The words of a poster, in the visitor's language. */
export interface PosterText {
  brand: string;
  slogan: string;
  name: string;
  size: string;
  price: string;
  before: string;
  missing: string;
  scan: string;
}

const wide = 750;
const high = 1180;
const edge = 48;
const fonts = '"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",system-ui,sans-serif';

/** drawPoster draws an invitation with a QR code of the link, and returns it as a PNG. Errors: no canvas here. */
export async function drawPoster(canvas: HTMLCanvasElement | null, words: PosterText, picture: string | undefined, link: string): Promise<Blob> {
  const draw = canvas?.getContext("2d");
  if (!canvas || !draw) throw new Error("no canvas");
  const image = picture ? await load(picture) : undefined;
  paper(draw, words);
  product(draw, words, image);
  price(draw, words);
  code(draw, words, link);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture")))));
}

/** load fetches a picture; one that may not be drawn, or is away, is left out. */
function load(src: string): Promise<HTMLImageElement | undefined> {
  return new Promise((resolve) => {
    const image = new Image();
    image.crossOrigin = "anonymous"; // without its server's leave the canvas could not be saved
    image.onload = () => resolve(image);
    image.onerror = () => resolve(undefined);
    image.src = src;
  });
}

function paper(draw: CanvasRenderingContext2D, words: PosterText): void {
  draw.fillStyle = "#c92f17";
  draw.fillRect(0, 0, wide, high);
  draw.fillStyle = "#ffd9a0";
  draw.font = `700 52px ${fonts}`;
  draw.textBaseline = "alphabetic";
  draw.fillText(words.brand, edge, 92);
  draw.fillStyle = "#fff";
  draw.font = `400 30px ${fonts}`;
  draw.textAlign = "right";
  draw.fillText(words.slogan, wide - edge, 90);
  draw.textAlign = "left";
  draw.fillStyle = "#fff";
  draw.beginPath();
  draw.roundRect(edge / 2, 124, wide - edge, high - 124 - edge / 2, 28);
  draw.fill();
}

function product(draw: CanvasRenderingContext2D, words: PosterText, image: HTMLImageElement | undefined): void {
  const size = 560;
  const left = (wide - size) / 2;
  const top = 160;
  draw.save();
  draw.beginPath();
  draw.roundRect(left, top, size, size, 20);
  draw.clip();
  if (image) {
    const side = Math.min(image.naturalWidth, image.naturalHeight) || 1;
    draw.drawImage(image, (image.naturalWidth - side) / 2, (image.naturalHeight - side) / 2, side, side, left, top, size, size);
  } else {
    draw.fillStyle = "#ffe7d6";
    draw.fillRect(left, top, size, size);
    draw.fillStyle = "#c92f17";
    draw.font = `700 220px ${fonts}`;
    draw.textAlign = "center";
    draw.fillText(firstSign(words.name), wide / 2, top + size / 2 + 80);
    draw.textAlign = "left";
  }
  draw.restore();
  draw.fillStyle = "#2b1c16";
  draw.font = `600 36px ${fonts}`;
  wrap(draw, words.name, edge + 12, 778, wide - 2 * edge - 24, 48, 2);
}

/** wrap writes a text in as many lines as allowed; what does not fit ends in an ellipsis. */
function wrap(draw: CanvasRenderingContext2D, text: string, x: number, y: number, width: number, step: number, lines: number): void {
  let line = "";
  for (const sign of text.slice(0, 200)) {
    if (draw.measureText(line + sign + (lines === 1 ? "…" : "")).width <= width) {
      line += sign;
      continue;
    }
    draw.fillText(lines === 1 ? `${line}…` : line, x, y);
    if (lines === 1) return;
    lines--;
    y += step;
    line = sign;
  }
  draw.fillText(line, x, y);
}

function price(draw: CanvasRenderingContext2D, words: PosterText): void {
  const x = edge + 12;
  draw.fillStyle = "#c92f17";
  draw.font = `600 32px ${fonts}`;
  draw.fillText(`${words.size} · ${words.missing}`, x, 920);
  draw.font = `800 84px ${fonts}`;
  draw.fillText(words.price, x, 1010);
  if (!words.before) return;
  const after = x + draw.measureText(words.price).width + 18;
  draw.fillStyle = "#7a6359";
  draw.font = `400 34px ${fonts}`;
  draw.fillText(words.before, after, 1008);
  draw.fillRect(after, 996, draw.measureText(words.before).width, 3);
}

function code(draw: CanvasRenderingContext2D, words: PosterText, link: string): void {
  const qr = qrcode(0, "M");
  qr.addData(link);
  qr.make();
  const modules = qr.getModuleCount();
  const quiet = 4; // ISO/IEC 18004: four modules of white on each side
  const cell = Math.floor(230 / (modules + 2 * quiet)) || 1;
  const size = cell * (modules + 2 * quiet);
  const left = wide - edge - size;
  const top = 868;
  draw.fillStyle = "#fff";
  draw.fillRect(left, top, size, size);
  draw.fillStyle = "#000";
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (qr.isDark(row, column)) draw.fillRect(left + (column + quiet) * cell, top + (row + quiet) * cell, cell, cell);
    }
  }
  draw.fillStyle = "#5f4a41";
  draw.font = `400 26px ${fonts}`;
  draw.textAlign = "center";
  draw.fillText(words.scan, left + size / 2, top + size + 22);
  draw.textAlign = "left";
}
