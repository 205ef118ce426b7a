// One result: hazard first, then what it is, how much, what to do, and what stays open.
// Next: plot.js, its curves.
import { button, el, icon } from "./dom.js";
import { get, post } from "./station.js";
import { has, number, percent, said, t, when } from "./words.js";
import { overlay } from "./plot.js";
import { exportsOf } from "./exports.js";
import { verdictOnMaterial } from "./verify.js";
import { photoOf } from "./photo.js";

const LEVELS = ["danger", "warning", "unknown", "none_known"];
const PICTOGRAMS = ["GHS06", "GHS01", "GHS08", "GHS05", "GHS02", "GHS03", "GHS04", "GHS07", "GHS09"]; // the worst first

const MOST_NAMES = 6; // in the headline
const MOST_OPEN = 4; // substances whose statements all stand open

export function resultCard(card, { recalled = false, curves = null, model = "" } = {}) {
  const level = LEVELS.includes(card.level) ? card.level : "unknown";
  const node = el("article", { class: `card ${level}`, "aria-labelledby": "verdict", "data-verdict": card.verdict, "data-key": card.key },
    verdictOnMaterial(card.material),
    banner(card, level),
    watched(card),
    ...columns(card, curves),
    footer(card, recalled, model));
  return node;
}

// Two on a laptop: what it is and what to do, beside why; where nothing is named, why comes first.
function columns(card, curves) {
  const why = [reasons(card), candidates(card)];
  const isNamed = card.components.length > 0;
  return [
    el("div", { class: "what" }, components(card), possible(card), doing(card), isNamed ? null : why),
    el("div", { class: "why" }, isNamed ? why : null, picture(card, curves), photoOf(card), notSeen(card)),
  ];
}

function banner(card, level) {
  const all = new Set(card.safety.substances.flatMap((one) => one.pictograms));
  const pictures = PICTOGRAMS.filter((name) => all.has(name));
  const either = card.safety.substances.filter((one) => one.possible).map((one) => one.name);
  const named = [...card.components.map((one) => one.name), ...(either.length ? [either.join(" / ")] : [])];
  const left = named.length - MOST_NAMES;
  const names = left > 1 ? t("names.more", { names: named.slice(0, MOST_NAMES).join(", "), n: left }) : named.join(", ");
  return el("header", { class: "banner" },
    el("div", { class: "hazard" }, icon(level), el("p", {}, t(`level.${level}`))),
    el("h1", {}, el("span", { class: "verdict", id: "verdict" }, t(`verdict.${card.verdict}`)), names ? el("span", { class: "names" }, names) : null),
    el("p", { class: "meaning" }, t(meaning(card))),
    pictures.length ? el("ul", { class: "pictograms" }, pictures.map((name) =>
      el("li", {}, el("img", { src: `/static/icons/${name}.svg`, alt: t(`ghs.${name}`) })))) : null);
}

function meaning(card) {
  const aOrB = card.reasons.some((reason) => reason.code === "a_or_b");
  return card.verdict === "PARTIAL" && aOrB ? "meaning.A_OR_B" : `meaning.${card.verdict}`;
}

function watched(card) {
  const alarms = card.watch.filter((one) => one.state !== "excluded");
  if (!alarms.length) return null;
  return el("section", { class: "watched", role: "note" }, icon("danger"), el("ul", {}, alarms.map((one) =>
    el("li", {}, t(`watch.${one.state}`, { name: one.name, share: percent(one.signal_share) })))));
}

function components(card) {
  if (!card.components.length) return null;
  const byVolume = card.components.every((one) => one.volume_fraction !== null);
  const key = byVolume ? "volume_fraction" : "signal_share";
  return el("section", { class: "components" },
    el("h2", {}, t("components.title")),
    el("p", { class: "facts" }, t(byVolume ? "components.by_volume" : "components.by_signal")),
    el("ol", {}, card.components.map((one) => component(one, key, card.components.length > MOST_OPEN))),
    rest(card));
}

// Of two that cannot be told apart, both hazards count.
function possible(card) {
  const told = card.safety.substances.filter((one) => one.possible);
  if (!told.length) return null;
  return el("section", {}, el("h2", {}, t("possible.title")), el("ul", {}, told.map((one) =>
    el("li", { class: `component ${one.level}` },
      el("div", { class: "name" }, icon(one.level, `level.${one.level}`), el("h3", {}, one.name)), hazards(one)))));
}

// closed: of many, the statements of each are opened one by one.
function component(one, key, closed) {
  const level = LEVELS.includes(one.safety?.level) ? one.safety.level : "unknown";
  const share = one[key];
  const spread = one[`${key}_uncertainty`];
  const low = Math.max(0, share - (spread ?? 0));
  const high = Math.min(1, share + (spread ?? 0));
  const bar = el("div", { class: "track", "aria-hidden": "true" },
    el("div", { class: "span", width: `${100 * (high - low)}%` }), el("div", { class: "fill", width: `${100 * share}%` }));
  bar.firstChild.style.setProperty("left", `${100 * low}%`);
  return el("li", { class: `component ${level}` },
    el("div", { class: "name" }, icon(level, `level.${level}`), el("h3", {}, one.name), one.cas ? el("span", { class: "cas" }, one.cas) : null),
    el("p", { class: "amount" }, amount(share, spread)),
    bar,
    signal(one, key, low),
    el("p", { class: "facts" }, t("confidence", { n: one.presence >= 0.995 ? t("over_99") : percent(one.presence) })),
    hazards(one.safety, closed),
    one.network_validated === false ? el("p", { class: "facts" }, t("from_the_field")) : null);
}

function amount(share, spread) {
  const ends = [Math.max(0, share - (spread ?? 0)), Math.min(1, share + (spread ?? 0))];
  const isNarrow = percent(ends[0]) === percent(ends[1]); // as it is written: nothing is told twice
  return spread === null || spread === undefined || isNarrow ? percent(share)
    : t("amount", { n: percent(share), low: percent(ends[0]), high: percent(ends[1]) });
}

// Beside a volume fraction, the share of the signal; and what holds even if something hides.
function signal(one, key, low) {
  const least = one.signal_share_at_least ?? null;
  const told = [];
  if (key !== "signal_share") told.push(t("of_the_signal", { n: percent(one.signal_share) }));
  if (least !== null && told.length) told.push(t("at_least", { n: percent(least) }));
  else if (least !== null && least < low - 0.005) told.push(t("at_least_alone", { n: percent(least) }));
  return told.length ? el("p", { class: "facts" }, told.join(", ")) : null;
}

function hazards(safety, closed = false) {
  if (!safety) return el("p", { class: "facts" }, t("hazard.not_known"));
  if (!safety.statements.length) return el("p", { class: "facts" }, safety.hazard_text || t("hazard.not_known"));
  const open = closed ? 1 : 4;
  const told = safety.statements.slice(0, open).map((one) => statement(one));
  const all = safety.statements.slice(open).map((one) => statement(one));
  return el("div", { class: "hazards" }, el("ul", {}, told),
    all.length ? el("details", {}, el("summary", {}, t(all.length === 1 ? "hazard.one_more" : "hazard.more", { n: all.length })), el("ul", {}, all)) : null);
}

const statement = (one) => el("li", {}, el("span", { class: "code" }, one.code),
  el("span", {}, has(`h.${one.code}`) ? t(`h.${one.code}`) : one.text));

function rest(card) {
  if (card.verdict !== "PARTIAL") return null;
  return el("div", { class: "rest" }, el("h3", {}, t("rest.title")), el("p", { class: "amount" }, percent(card.unexplained)),
    el("div", { class: "track", "aria-hidden": "true" }, el("div", { class: "fill open", width: `${100 * card.unexplained}%` })));
}

function doing(card) {
  const { substances, incompatible, something_unknown, protection } = card.safety;
  const numbered = substances.filter((one) => one.un_number !== null);
  if (card.verdict === "NO_RESULT") return null; // the remedy below says what to do
  if (!protection.length && !numbered.length && !incompatible.length && !something_unknown) return null;
  return el("section", { class: "doing" }, el("h2", {}, t("doing.title")),
    something_unknown ? el("p", { class: "unknown-rest" }, icon("unknown"), t("doing.unknown")) : null,
    incompatible.map((pair) => el("p", { class: "pair" }, icon("danger"),
      el("span", {}, el("strong", {}, t("pair", { one: pair.one, other: pair.other })), " ", said(pair.text)))),
    protection.length ? el("ul", { class: "protection" }, protection.map((text) => el("li", {}, said(text)))) : null,
    numbered.length ? el("table", {},
      el("thead", {}, el("tr", {}, ["un.substance", "un.number", "un.distance"].map((key) => el("th", { scope: "col" }, t(key))))),
      el("tbody", {}, numbered.map((one) => el("tr", {}, el("th", { scope: "row" }, one.name),
        el("td", {}, t("un.value", { n: one.un_number })),
        el("td", {}, one.isolation_distance_m === null ? t("not_known") : t("metres", { n: one.isolation_distance_m })))))) : null,
    substances.length ? el("p", { class: "facts" }, t("doing.source")) : null);
}

function reasons(card) {
  const notes = card.notes.map((note) => has(`note.${note}`) ? t(`note.${note}`) : said(note));
  if (!card.reasons.length && !notes.length) return null;
  return el("section", { class: "reasons" }, el("h2", {}, t("reasons.title")),
    el("ul", {}, card.reasons.map((reason) => el("li", {},
      has(`reason.${reason.code}`) ? el("p", { class: "what" }, t(`reason.${reason.code}`)) : null,
      el("p", { class: "what" }, said(reason.text)),
      reason.remedy ? el("p", { class: "remedy" }, said(reason.remedy)) : null)),
      notes.map((note) => el("li", { class: "note" }, note))));
}

function candidates(card) {
  if (!card.candidates.length) return null;
  return el("section", { class: "candidates" }, el("h2", {}, t("candidates.title")),
    el("p", { class: "facts" }, t("candidates.how")),
    el("ol", {}, card.candidates.map((one) => el("li", {}, el("strong", {}, one.name), " ",
      t(`why_not.${one.why_not}`, { support: percent(one.support), presence: percent(one.presence), lacking: number(one.lacking, 1) })))));
}

function picture(card, curves) {
  const place = el("div", { class: "curves" });
  const section = el("section", { class: "picture" }, el("h2", {}, t("picture.title")), place);
  let end = null;
  const draw = (found) => {
    if (place.isConnected && found.shift) end = overlay(place, found, Boolean(card.settings));
  };
  const start = curves ? Promise.resolve(curves) : get(`/api/records/${encodeURIComponent(card.key)}/curves`);
  start.then((found) => requestAnimationFrame(() => draw(found))).catch(() => place.append(el("p", { class: "facts" }, t("picture.none"))));
  new MutationObserver((_, watch) => {
    if (!section.isConnected && end) {
      end();
      watch.disconnect();
    }
  }).observe(document.getElementById("main"), { childList: true });
  return section;
}

function notSeen(card) {
  const known = card.limits ?? [];
  const calm = card.watch.filter((one) => one.state === "excluded");
  if (!known.length && !calm.length) return null;
  const line = (one) => el("li", {}, el("strong", {}, one.name), " ",
    one.signal_share === null ? t("limit.none") : t("limit.above", { n: percent(one.signal_share) }));
  return el("section", { class: "not-seen" }, el("h2", {}, t("not_seen.title")),
    calm.length ? el("ul", {}, calm.map(line)) : null,
    known.length ? el("details", {}, el("summary", {}, t("not_seen.all", { n: known.length })), el("ul", {}, known.map(line))) : null);
}

function footer(card, recalled, model) {
  const facts = [
    card.created_utc ? ["fact.time", when(card.created_utc)] : null,
    ["fact.record", card.record_id ?? t("fact.not_stored")],
    card.record_code ? ["fact.code", card.record_code] : null,
    card.about.operator ? ["fact.operator", card.about.operator] : null,
    card.about.sample ? ["fact.sample", card.about.sample] : null,
    card.about.note ? ["fact.note", card.about.note] : null,
    ["fact.model", `${card.model.name} ${card.model.version} (${card.model.sha256.slice(0, 12)})`],
    card.decision ? ["fact.decision", `${card.decision.version} (${card.decision.sha256.slice(0, 12)})`] : null,
    card.settings ? ["fact.settings", t("fact.settings.value", {
      frames: card.settings.frames, ms: number(card.settings.integration_time_ms, 1), mw: card.settings.laser_power_mw ?? "–" })] : null,
  ].filter(Boolean);
  const again = el("div", { class: "again" });
  const actions = card.record_id ? el("div", { class: "row" },
    button("reidentify", async () => {
      const found = await post("/api/reidentify", { key: card.record_id }).catch((error) => ({ error }));
      again.replaceChildren(found.error ? el("p", { role: "alert" }, said(found.error.text))
        : el("div", {}, el("h2", {}, t("reidentified")), resultCard(found.card, { curves: found.curves, recalled: true, model })));
    }, "second")) : null;
  return el("footer", {}, el("details", {}, el("summary", {}, t("facts.title")),
    el("dl", {}, facts.flatMap(([key, value]) => [el("dt", {}, t(key)), el("dd", {}, String(value))]))),
    card.record_id ? exportsOf(card.record_id) : null, actions, again);
}
