// SPDX-License-Identifier: GPL-3.0-or-later

/// How the report looks: on a phone, on a desk, on paper, in light and dark. Every colour has a word, a shape or a
/// number
/// beside it; text has a contrast of 4.5 to 1 at least (WCAG 2.2, AA).
enum HTMLStyle {
  /// The colours of the parts follow Okabe and Ito (blue, orange, green), which colour-blind readers tell apart.
  static let sheet: StaticString = """
    :root{--page:#f6f7f8;--card:#fff;--ink:#1a1f24;--soft:#57606a;--rule:#dde1e5;--quiet:#f0f2f4;--accent:#0b5cad;
    --bad:#a5211b;--bad-tint:#fdeceb;--warn:#7a4b00;--warn-tint:#fdf1dc;--good:#17643a;--good-tint:#e5f4ea;
    --open:#4a4a8f;--open-tint:#ececfa;--note:#0b5cad;--note-tint:#e7f1fb;
    --used:#1f5fa8;--on-used:#fff;--reclaimable:#8dbbe9;--on-reclaimable:#10263c;--free:#d3e5f7;--on-free:#10263c;
    --uncounted:#c4cad0;--on-uncounted:#1a1f24;--balloon:#e8a317;--on-balloon:#2b1e00;--resident:#1d7a5a;
    --on-resident:#fff;--line-a:#0b5cad;--line-b:#1d7a5a;--line-c:#a84300;--line-d:#7a3d8f;--target:#a84300;
    --mark:#8a3ffc}
    @media screen and (prefers-color-scheme:dark){:root{--page:#121518;--card:#1b1f24;--ink:#e6e9ec;--soft:#a5aeb8;
    --rule:#353c44;--quiet:#23282e;--accent:#7fbcff;--bad:#ffb0a8;--bad-tint:#3b1816;--warn:#f4c873;--warn-tint:#35270c;
    --good:#8fdaa9;--good-tint:#12301f;--open:#c1c1ff;--open-tint:#25254a;--note:#8ec5ff;--note-tint:#12283f;
    --used:#5a9de8;--on-used:#06182b;--reclaimable:#2f6aa8;--on-reclaimable:#fff;--free:#27445f;--on-free:#fff;
    --uncounted:#525a63;--on-uncounted:#fff;--balloon:#e0a12b;--on-balloon:#241800;--resident:#53b48e;
    --on-resident:#04180f;--line-a:#7fbcff;--line-b:#5fc79c;--line-c:#f59a5c;--line-d:#d3a0e8;--target:#f59a5c;
    --mark:#c09bff}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;color-scheme:light dark}
    body{margin:0;background:var(--page);color:var(--ink);
    font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
    .column{max-width:860px;margin:0 auto;padding:0 20px}
    header{border-bottom:1px solid var(--rule);padding:36px 0 28px;background:var(--card)}
    header.problem{border-top:6px solid var(--bad)}header.warning{border-top:6px solid var(--warn)}
    header.healthy{border-top:6px solid var(--good)}header.inconclusive{border-top:6px solid var(--open)}
    h1{font-size:1.6rem;line-height:1.3;font-weight:650;margin:14px 0 12px;letter-spacing:-.01em;text-wrap:pretty}
    h2{font-size:1.2rem;line-height:1.3;margin:0 0 14px;font-weight:650}
    h3{font-size:1.05rem;line-height:1.4;margin:0 0 6px;font-weight:650}details+h3{margin-top:24px}
    h4{font-size:.95rem;margin:20px 0 8px;font-weight:650}
    p{margin:0 0 12px}a{color:var(--accent)}ul,ol{margin:0 0 12px;padding-left:1.4em}
    .meta,.soft{color:var(--soft);font-size:.92rem}.meta{margin:0}
    .badge{display:inline-flex;align-items:center;gap:.45em;font-weight:650;font-size:.9rem;line-height:1;
    padding:.5em .8em;border-radius:99px}
    .badge.problem{color:var(--bad);background:var(--bad-tint)}.badge.warning{color:var(--warn);
    background:var(--warn-tint)}
    .badge.healthy{color:var(--good);background:var(--good-tint)}.badge.note{color:var(--note);
    background:var(--note-tint)}
    .badge.inconclusive{color:var(--open);background:var(--open-tint)}
    nav{padding:14px 0;font-size:.92rem}nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:0;
    padding:0}
    nav a{display:inline-block;padding:3px 0}
    section{margin:0 0 20px;padding:24px;background:var(--card);border:1px solid var(--rule);border-radius:12px}
    section>:last-child{margin-bottom:0}
    .finding{border-left:4px solid var(--rule);padding:2px 0 2px 18px;margin:0 0 30px}
    .finding.problem{border-color:var(--bad)}.finding.warning{border-color:var(--warn)}
    .finding.note{border-color:var(--note)}
    .finding:last-child{margin-bottom:0}.finding>:last-child{margin-bottom:0}.finding .badge{margin-bottom:10px}
    .steps{padding-left:1.5em}.steps li{margin-bottom:14px;padding-left:.2em}
    code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
    .id{color:var(--soft);font-weight:400}h3 .id{display:block;margin-top:2px}
    pre{margin:8px 0 0;padding:12px 14px;background:var(--quiet);border-radius:8px;white-space:pre-wrap;
    overflow-wrap:anywhere;line-height:1.5;font-size:1em}
    .caution{color:var(--warn);font-size:.9rem;margin:6px 0 0}
    .place{font-weight:650}
    .trust{display:inline-block;font-size:.75rem;line-height:1;font-weight:650;padding:.3em .55em;border-radius:5px;
    vertical-align:.08em;white-space:nowrap}
    .trust.host{background:var(--quiet);color:var(--ink);border:1px solid var(--rule)}
    .trust.guest{background:var(--open-tint);color:var(--open);border:1px solid var(--open-tint)}
    details{margin:12px 0 0;border-top:1px solid var(--rule);padding-top:8px}details+details{margin-top:8px}
    summary{cursor:pointer;font-weight:600;font-size:.95rem;padding:5px 0;color:var(--accent)}
    .inside{padding:6px 0 2px}.inside>:last-child{margin-bottom:0}
    .evidence{list-style:none;padding:0;font-size:.93rem}
    .evidence li{padding:8px 0;border-bottom:1px solid var(--rule)}.evidence li:last-child{border:0}
    .evidence .source{color:var(--soft);font-size:.9em}
    dl.facts{display:grid;grid-template-columns:minmax(120px,11em) 1fr;gap:0;margin:0;font-size:.95rem}
    .facts dt{color:var(--soft);padding:7px 16px 7px 0;border-top:1px solid var(--rule)}
    .facts dd{margin:0;padding:7px 0;border-top:1px solid var(--rule)}
    .facts dd+dd{grid-column:2;border-top:0;padding-top:0}
    .scroll{overflow-x:auto;margin:0 0 12px}details+.scroll{margin-top:22px}
    table{border-collapse:collapse;width:100%;font-size:.93rem;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--soft);font-size:.9rem;padding:0 0 6px}
    th,td{text-align:left;vertical-align:top;padding:7px 12px 7px 0;border-top:1px solid var(--rule);font-weight:400;
    overflow-wrap:normal;word-break:normal}
    .short{white-space:nowrap}
    th:last-child,td:last-child{padding-right:0}
    thead th,thead td{border-top:0;color:var(--soft);font-size:.9em;vertical-align:bottom}
    .numbers td,.numbers thead th+th,.numbers thead td+th{text-align:right}
    .witnesses{list-style:none;padding:0;margin:0 0 4px;display:grid;
    grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:14px}
    .witnesses li{border:1px solid var(--rule);border-top:4px solid var(--rule);border-radius:8px;padding:14px 16px}
    .witnesses .operating{border-top-color:var(--good)}.witnesses .not-operating{border-top-color:var(--bad)}
    .says{display:block;font-weight:650;margin-bottom:4px}
    .operating .says{color:var(--good)}.not-operating .says{color:var(--bad)}
    .undecided .says,.silent .says{color:var(--soft)}
    .witnesses .name{font-weight:600}.witnesses p{margin:6px 0 0;font-size:.93rem}
    figure{margin:0 0 26px}figcaption{font-weight:600;font-size:.95rem;margin-bottom:6px}
    svg{display:block;max-width:100%;height:auto;font-family:inherit}
    svg.bar,svg.plot{width:100%}svg.map{width:430px;margin:4px auto 10px}
    svg.narrow{display:none}
    .label,.small,.tick,.head,.sign,.in,.event-number,svg .mono{fill:var(--ink);font-size:13px}
    svg .mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
    .strong{font-weight:650}.small{fill:var(--soft);font-size:11.5px}.tick{fill:var(--soft);font-size:12px}
    .head{font-weight:650}
    .sign{font-weight:700;font-size:15px}.sign.same{fill:var(--good)}.sign.different{fill:var(--bad)}
    .sign.open{fill:var(--soft)}
    .box{fill:var(--quiet);stroke:var(--rule);stroke-width:1}.box.leaf{fill:var(--note-tint);stroke:var(--accent);
    stroke-width:1.5}
    .box.unknown{fill:none;stroke:var(--soft);stroke-dasharray:4 4}
    .wire{stroke:var(--soft);stroke-width:1.5}.wire.unknown{stroke-dasharray:2 5}
    .link{stroke-width:1.5}.link.same{stroke:var(--good)}.link.different{stroke:var(--bad);stroke-dasharray:4 3}
    .link.open{stroke:var(--soft);stroke-dasharray:2 4}
    .mark{fill:var(--card);stroke-width:1.5}.mark.same{stroke:var(--good)}.mark.different{stroke:var(--bad)}
    .mark.open{stroke:var(--soft);stroke-dasharray:2 4}
    .grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
    .part.used{fill:var(--used)}.part.reclaimable{fill:var(--reclaimable)}.part.free{fill:var(--free)}
    .part.uncounted{fill:var(--uncounted)}.part.undivided{fill:var(--quiet);stroke:var(--soft);stroke-dasharray:4 4}
    .part.balloon{fill:var(--balloon)}.part.resident{fill:var(--resident)}
    .in{font-weight:600}.in.used{fill:var(--on-used)}.in.reclaimable{fill:var(--on-reclaimable)}
    .in.free{fill:var(--on-free)}
    .in.uncounted{fill:var(--on-uncounted)}.in.balloon{fill:var(--on-balloon)}.in.resident{fill:var(--on-resident)}
    .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .line.actual,.line.availableByHost{stroke:var(--line-a)}.line.resident,.line.freeByHost{stroke:var(--line-b)}
    .line.availableByGuest{stroke:var(--line-d);stroke-dasharray:1 5}.line.freeByGuest{stroke:var(--line-c);
    stroke-dasharray:7 5}
    .line.resident{stroke-width:1.5}
    .dot.actual,.dot.availableByHost{fill:var(--line-a)}.dot.resident,.dot.freeByHost{fill:var(--line-b)}
    .dot.availableByGuest{fill:var(--line-d)}.dot.freeByGuest{fill:var(--line-c)}
    .reference.target{stroke:var(--target);stroke-width:1.5;stroke-dasharray:8 5}
    .reference.maximum{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4}
    .event{stroke:var(--mark);stroke-width:1}.event-number{fill:var(--mark);font-size:11px;font-weight:650}
    .advance{stroke:var(--soft);stroke-width:1.5}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:8px 0 0;font-size:.9rem}
    .legend li{display:flex;align-items:center;gap:8px}
    .swatch{flex:none;width:14px;height:14px;border-radius:3px;border:1px solid var(--rule)}
    .swatch.used{background:var(--used)}.swatch.reclaimable{background:var(--reclaimable)}
    .swatch.free{background:var(--free)}
    .swatch.uncounted{background:var(--uncounted)}.swatch.undivided{background:var(--quiet);
    border:1px dashed var(--soft)}
    .swatch.balloon{background:var(--balloon)}.swatch.resident{background:var(--resident)}
    .stroke{flex:none;width:22px;height:0;border-top:3px solid var(--line-a)}
    .stroke.resident,.stroke.freeByHost{border-color:var(--line-b)}
    .stroke.availableByGuest{border-color:var(--line-d);border-top-style:dotted}
    .stroke.freeByGuest{border-color:var(--line-c);border-top-style:dashed}
    .stroke.target{border-color:var(--target);border-top-style:dashed}
    .stroke.maximum{border-color:var(--soft);border-top:2px dotted}
    .stroke.event,.stroke.advance{width:0;height:14px;border-top:0;border-left:2px solid var(--mark);margin:0 10px}
    .stroke.advance{border-color:var(--soft)}
    footer{padding:10px 0 40px;color:var(--soft);font-size:.9rem}
    a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px;
    border-radius:3px}
    @media (max-width:640px){body{font-size:15.5px}.column{padding:0 12px}section{padding:18px 14px;border-radius:10px}
    header{padding:26px 0 22px}h1{font-size:1.32rem}svg.wide{display:none}svg.narrow{display:block}svg.map{width:100%}
    .finding{padding-left:12px}dl.facts{display:block}.facts dt{padding:8px 0 0;font-size:.88rem}
    .facts dd,.facts dd+dd{border:0;padding:0 0 8px}.witnesses{grid-template-columns:1fr}
    th,td{padding-right:10px}}
    @media print{@page{margin:16mm 14mm}body{background:#fff;font-size:10.5pt;line-height:1.45}
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    nav{display:none}.column{max-width:none;padding:0}header{padding:12px 0 14px;margin-bottom:14px}
    section{border:0;border-top:1px solid var(--rule);border-radius:0;padding:14px 0 4px;margin:0 0 6px}
    h2,h3,h4,summary,figcaption,caption{break-after:avoid}
    svg,pre,.witnesses li,.evidence li,.steps li,tr,figure{break-inside:avoid}
    details::details-content{content-visibility:visible;block-size:auto;opacity:1}
    details>.inside{display:block}summary{list-style:none;color:var(--ink)}.scroll{overflow:visible}
    th,td{overflow-wrap:anywhere}
    a[href^="https:"]{color:inherit}
    svg.wide{display:block}svg.narrow{display:none}svg.map{width:380px}}
    """
}
