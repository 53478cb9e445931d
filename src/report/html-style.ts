/** The style of the HTML report. It follows the reader's light or dark setting, fits phones and paper, and fetches nothing. */

export const REPORT_STYLE = `
:root{color-scheme:light dark;--page:#fff;--card:#f6f7f9;--ink:#1c2128;--soft:#5b6573;--line:#d9dee5;
--ok:#1a7f37;--bad:#c02531;--warn:#8a5a00;--ok-tint:#e3f4e8;--bad-tint:#fdeaea;--grey:#6b7684}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1a2029;--ink:#e4e8ee;--soft:#9aa5b4;--line:#303a47;
--ok:#4cc46c;--bad:#ff7b7b;--warn:#e0ac4a;--ok-tint:#12291a;--bad-tint:#331a1d;--grey:#8b96a5}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1.5rem 1.25rem 4rem;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
header{border-left:.4rem solid var(--bad);background:var(--bad-tint);padding:1rem 1.25rem;border-radius:.35rem}
header.pass{border-color:var(--ok);background:var(--ok-tint)}
header p{margin:0;color:var(--soft);overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:.15rem 0 .35rem}
h2{font-size:1.05rem;margin:2rem 0 .6rem}
code{font:13px/1.5 ui-monospace,monospace}
.counts{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1.2rem 0 .6rem;padding:0;list-style:none}
.counts b{font-size:1.35rem;font-variant-numeric:tabular-nums;margin-right:.35rem}
.bar{display:flex;height:.6rem;gap:2px;border-radius:.3rem;overflow:hidden}
.bar i{min-width:4px}
.t-ok{color:var(--ok)}.t-bad,.t-no{color:var(--bad)}.t-un{color:var(--warn)}.t-dk{color:var(--grey)}
.bar .t-ok,.bar .t-bad,.bar .t-no,.bar .t-un,.bar .t-dk{background:currentColor}
.mend{background:var(--card);border:1px solid var(--line);border-radius:.35rem;padding:.6rem .8rem;overflow-wrap:anywhere}
.lanes{display:grid;grid-template-columns:minmax(8rem,18rem) auto 1fr;gap:.2rem .9rem;align-items:center}
.lanes .who{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.lanes svg{width:100%;height:26px;background:var(--card);border-radius:.2rem;display:block}
.lanes .n{text-align:right;font-variant-numeric:tabular-nums;color:var(--soft)}
.good{fill:var(--ok)}.evil{fill:var(--bad)}
.axis{grid-column:3;display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem}
.note{color:var(--soft);font-size:.85rem}
.pick{display:flex;gap:1rem;margin:.2rem 0 .6rem;border:0;padding:0}
.pick label{cursor:pointer}
ol.rows{list-style:none;margin:0;padding:0}
.all ol.rows{content-visibility:auto;contain-intrinsic-size:auto 6400px}
.rows li{display:grid;grid-template-columns:5.2rem 4.8rem minmax(8rem,20rem) minmax(10rem,1fr) 9.5rem;gap:.1rem .9rem;
padding:.28rem .2rem;border-top:1px solid var(--line);align-items:baseline}
.rows span{overflow-wrap:anywhere}
.rows small{display:block;color:var(--bad);font-size:.85rem}
.rows .ok small{color:var(--soft)}
.rows time{color:var(--soft);font-size:.85rem;font-variant-numeric:tabular-nums;text-align:right}
.rows time.claim::after{content:" claimed";font-style:italic}
body:has(#only-bad:checked) .all .ok{display:none}
body:has(#only-bad:checked) .all ol.rows{content-visibility:visible}
@media(max-width:48rem){.rows li{grid-template-columns:5.2rem 1fr auto}.rows .who{grid-column:1/-1}.rows .what{grid-column:1/-1}
.rows time{grid-column:3;grid-row:1}.lanes{grid-template-columns:1fr auto}.lanes svg,.axis{grid-column:1/-1}}
@media print{.pick{display:none}.all ol.rows{content-visibility:visible}}
`;
