/** The style of the HTML report. It follows the reader's light or dark setting, fits phones and paper, and fetches nothing. */

import { PAGE_COLOURS } from '../core/page-colours.ts';

export const REPORT_STYLE = `${PAGE_COLOURS}
.anyone{--ok:var(--warn);--ok-tint:var(--warn-tint)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;background:var(--page);color:var(--ink);
font:.9375rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header{border-left:.4rem solid var(--bad);background:var(--bad-tint);padding:1rem 1.25rem;border-radius:.35rem}
header.ok{border-color:var(--ok);background:var(--ok-tint)}
header.warn{border-color:var(--warn);background:var(--warn-tint)}
header p{margin:0;color:var(--soft)}
h1{font-size:1.6rem;line-height:1.25;margin:.15rem 0 .35rem}
h2{font-size:1.2rem;margin:2rem 0 .6rem}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:0 0 .5rem}
code{font:.8125rem/1.5 ui-monospace,monospace}
.counts{display:flex;flex-wrap:wrap;gap:.25rem 2rem;margin:1rem 0 .5rem;padding:0;list-style:none}
.counts b{font-size:1.35rem;font-variant-numeric:tabular-nums;margin-right:.35rem}
.bar{display:flex;height:.6rem;gap:2px;border-radius:.3rem;overflow:hidden}
.bar i{min-width:4px}
.t-ok{color:var(--ok)}
.t-bad{color:var(--bad)}
.t-warn{color:var(--warn)}
.bar .t-ok,.bar .t-bad,.bar .t-warn{background:currentColor}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem 1rem;margin:1rem 0 0;font-size:.875rem}
dt{color:var(--soft)}
dd{margin:0}
.mend{background:var(--card);border:1px solid var(--line);border-radius:.35rem;padding:.6rem .8rem}
.lanes{width:100%;border-collapse:collapse;table-layout:fixed;font-size:.875rem}
.lanes th,.lanes td{padding:.15rem .5rem .15rem 0;text-align:left;font-weight:400;vertical-align:middle}
.lanes thead th{color:var(--soft);overflow-wrap:normal}
.lanes th:first-child{width:26%}
.lanes .n{width:6.5rem;text-align:right;font-variant-numeric:tabular-nums}
.lanes svg{width:100%;height:2rem;display:block;background:var(--card)}
.lanes rect.good{fill:var(--ok)}
.lanes rect.evil{fill:var(--bad)}
.grid{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.axis div{position:relative;height:1.5rem}
.axis span{position:absolute;transform:translateX(-50%);white-space:nowrap;color:var(--soft);font-size:.75rem}
.axis .first{transform:none}
.axis .last{transform:translateX(-100%)}
.note{color:var(--soft);font-size:.875rem}
details{margin:.25rem 0}
summary{cursor:pointer;padding:.25rem 0;color:var(--act)}
summary:focus-visible{outline:3px solid var(--act);outline-offset:2px}
ol{list-style:none;margin:0;padding:0}
li.row{display:grid;grid-template-columns:7rem minmax(0,3fr) minmax(0,2fr) 12.5rem;gap:.1rem 1rem;
padding:.25rem 0;border-top:1px solid var(--line);align-items:baseline}
.row small{grid-column:2/-1;font-size:.875rem}
.row time{color:var(--soft);font-size:.875rem;font-variant-numeric:tabular-nums;text-align:right}
@media(max-width:52rem){li.row{grid-template-columns:minmax(0,1fr) auto}.row .what{grid-column:1/-1;grid-row:2}
.row .who,.row small{grid-column:1/-1}.row time{grid-column:2;grid-row:1}
.lanes,.lanes thead,.lanes tbody,.lanes tfoot{display:block}
.lanes th:first-child{width:auto}.lanes tr{display:grid;grid-template-columns:minmax(0,1fr) auto auto}
.lanes .n{width:auto;padding-left:.5rem}.lanes tbody .n:nth-child(3){min-width:5.5em}.lanes tr>:first-child:last-child,.lanes td:last-child{grid-column:1/-1}
.lanes thead th:last-child,.axis td:first-child{display:none}.lanes td,.lanes th:first-child{padding-right:0}}
@media(max-width:30rem){dl{grid-template-columns:minmax(0,1fr)}dd{margin:0 0 .4rem}.axis span:nth-child(even){display:none}}
@media print{details::details-content{content-visibility:visible;height:auto}}
`;
