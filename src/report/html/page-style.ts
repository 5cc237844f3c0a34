import { colours, inks } from "../figure/looks.ts";

type Mode = "light" | "dark";

/** The page's one style sheet: system fonts, no image, light and dark, narrow screens and paper. */
export function pageStyle(): string {
  return `
:root{color-scheme:light dark;${variables("light")}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${variables("dark")}}}
:root[data-theme=dark]{color-scheme:dark;${variables("dark")}}
:root[data-theme=light]{color-scheme:light}
${rules}
${colours.map((_, index) => `.c${index}{color:var(--c${index})}`).join("")}
@media (max-width:640px){${narrow}}
@media print{:root,:root:not([data-theme=light]){color-scheme:light;${variables("light")}}${paper}}
`.trim();
}

function variables(mode: Mode): string {
  const own =
    mode === "light"
      ? "--card:#f6f8fa;--line:#d8dee4;--link:#0a58a8;--good:#116329;--bad:#a40e26;--warn:#7a4a00;--warnpaper:#fff6e0;--promise:#eaf3fb"
      : "--card:#1f242b;--line:#3a424d;--link:#7cc0ff;--good:#6fd58a;--bad:#ff9a9a;--warn:#f2c267;--warnpaper:#33290f;--promise:#172a3a";
  const shared = Object.entries(inks).map(([name, ink]) => `--${name}:${ink[mode]}`);
  return [own, ...shared, ...colours.map((colour, index) => `--c${index}:${colour[mode]}`)].join(";");
}

const rules = `
*{box-sizing:border-box}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
.page{max-width:1320px;margin:0 auto;padding:24px 24px 48px}
header.top{display:flex;gap:16px;align-items:flex-start;justify-content:space-between}
h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:21px;margin:40px 0 4px;overflow-wrap:anywhere}
h3{font-size:17px;margin:28px 0 2px;overflow-wrap:anywhere}
p{margin:8px 0;max-width:80ch;overflow-wrap:anywhere}
button{font:inherit;font-size:14px;color:var(--text);background:var(--card);border:1px solid var(--guide);border-radius:6px;padding:5px 12px;cursor:pointer}
:focus-visible{outline:3px solid var(--c0);outline-offset:2px;border-radius:4px}
.verdict{display:inline-block;margin:10px 0 0;padding:2px 12px;border:2px solid currentColor;border-radius:99px;font-weight:650;color:var(--muted)}
.verdict.good{color:var(--good)}.verdict.bad{color:var(--bad)}
.lead{font-size:18px;font-weight:600;margin-top:14px}
.promise{background:var(--promise);border-left:4px solid var(--c0);padding:10px 14px;border-radius:0 6px 6px 0}
.note{color:var(--muted);font-size:14.5px}
ul.cautions{list-style:none;padding:0;margin:12px 0;max-width:90ch}
ul.cautions li{background:var(--warnpaper);border-left:4px solid var(--warn);padding:7px 14px;margin:6px 0;border-radius:0 6px 6px 0;overflow-wrap:anywhere}
ul.cautions b{color:var(--warn)}
.slider{position:sticky;top:0;z-index:3;background:var(--paper);border-bottom:1px solid var(--line);padding:10px 0;margin:20px 0 0;display:flex;gap:14px;align-items:center;flex-wrap:wrap}
.slider label{font-weight:600}
.slider input{flex:1 1 220px;max-width:560px;accent-color:var(--c0);height:28px}
.slider output{font-weight:650;font-variant-numeric:tabular-nums;min-width:5ch}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14.5px;margin:8px 0}
caption{text-align:left;color:var(--muted);padding:2px 0 4px}
th,td{padding:4px 14px 4px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
thead th{font-weight:600;border-bottom:2px solid var(--line);white-space:nowrap}
tbody th{font-weight:500}
.right{text-align:right}
td.right,th.right{padding-right:14px;padding-left:8px}
.levels tbody :is(td,th){white-space:nowrap}
.key{display:inline-block;width:18px;height:0;border-top:3px solid currentColor;vertical-align:middle;margin-right:8px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:18px;margin:12px 0;max-width:1320px}
.pairs{grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),520px));max-width:1060px}
figure{margin:0;background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:8px 8px 4px;min-width:0;max-width:520px}
.plot{position:relative;touch-action:pan-y}
.plot svg{display:block;width:100%;height:auto}
.plot svg text{font-family:inherit}
.ink{fill:var(--text)}.muted{fill:var(--muted)}.grid{stroke:var(--grid)}.axis,.guide{stroke:var(--guide)}
.halo{stroke:var(--paper)}.hollow{fill:var(--paper)}
.ring{fill:none;stroke:var(--text);stroke-width:2}.spot{fill:none;stroke:var(--text);stroke-width:1.5}
.cursor{stroke:var(--text);stroke-width:1;stroke-dasharray:1 2;fill:none}
.tip{position:absolute;z-index:2;max-width:min(280px,92%);background:var(--text);color:var(--paper);font-size:13px;line-height:1.35;border-radius:6px;padding:5px 9px;pointer-events:none}
details{margin:6px 0}
summary{cursor:pointer;color:var(--link);font-size:14px;width:fit-content}
figure details table{font-size:13px}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 18px;margin:10px 0;font-size:14.5px}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:44px;border-top:1px solid var(--line);padding-top:8px;color:var(--muted)}
`.replaceAll("\n", "");

const narrow = `
.page{padding:16px 14px 40px}h1{font-size:22px}h2{font-size:19px}.lead{font-size:16.5px}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}
table{font-size:13.5px}th,td{padding-right:10px}.slider label{flex:1}.slider input{order:3;flex-basis:100%}
`.replaceAll("\n", "");

const paper = `
body{font-size:11pt}.page{max-width:none;padding:0}button,.slider,.tip,.ring,.cursor,.spot{display:none!important}
figure,table,tr,ul.cautions li,.promise{break-inside:avoid}h2,h3{break-after:avoid}
figure details,details.rows:not([open]),summary{display:none}@page{margin:14mm}.figures{grid-template-columns:1fr 1fr}.scroll{overflow:visible}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
`.replaceAll("\n", "");
