// The page behind a summary's QR, and the day-kit: check the signature here, then let a person compare with the paper.
import { fromBase64, openSummary, readStatus, readText } from "./summary-core.js";

// What the QR said leaves the address bar, the history and every later request at once.
const scanned = taken();

const FIXED = "Asia/Ho_Chi_Minh";
const place = document.getElementById("ket-qua");
const kit = document.getElementById("bo-kiem");

const WORDS = {
  malformed: ["neutral", "Không đọc được mã tóm tắt", "Nội dung quét được bị thiếu, có chữ số bị đổi, hoặc không phải mã QR tóm tắt của học bạ. Quét lại mã, giữ máy thẳng và đủ sáng."],
  key_unknown: ["neutral", "Chưa kiểm được: không có khóa này", "Danh sách khóa đang có trên máy không có khóa đã ký mã này. Kết nối mạng để lấy danh sách mới rồi quét lại."],
  key_over: ["neutral", "Không kiểm được: khóa đã hết hạn", "Khóa đã ký mã này không còn trong thời hạn dùng, nên chữ ký trong mã không còn là căn cứ."],
  key_revoked: ["neutral", "Không kiểm được: khóa đã bị thu hồi", "Khóa đã ký mã này bị thu hồi, nên chữ ký trong mã không còn là căn cứ."],
  signature: ["bad", "Chữ ký không khớp với mã này", "Các chữ số trong mã khác với lúc Sở ký, hoặc mã thuộc về học bạ khác. Không dùng điểm và mức ghi trong mã."],
  superseded: ["caution", "Bản này đã được thay thế", "Chữ ký đúng, nhưng năm học này đã có bản khác. Đừng dùng tờ giấy này; đề nghị người nộp in bản mới."],
  revoked: ["caution", "Bản này đã bị thu hồi", "Chữ ký đúng, nhưng học bạ này không còn hiệu lực."],
  unknown: ["neutral", "Chữ ký đúng, chưa biết còn hiệu lực hay không", "Danh sách tình trạng trên máy đã cũ hoặc chưa có bản này. So với giấy được, nhưng cần tra mã số khi có mạng."],
  in_force: ["info", "Chữ ký đúng. Bây giờ so từng ô với tờ giấy", "Số liệu dưới đây do Sở ký và đang có hiệu lực. Mã đúng không có nghĩa là tờ giấy đúng: mã thật có thể nằm trên tờ đã sửa."],
  annotated: ["info", "Chữ ký đúng, có ghi chú kèm theo", "Bản này đang có hiệu lực và có ghi chú của Sở; tra mã số khi có mạng để đọc. Bây giờ so từng ô với tờ giấy."],
  failed: ["neutral", "Máy này chưa kiểm được", "Trình duyệt quá cũ, hoặc chưa lấy được danh sách khóa. Kết nối mạng, cập nhật trình duyệt, hoặc tra bằng mã số."],
};
const COMPARED = ["unknown", "in_force", "annotated"];
const STANDINGS = ["in_force", "superseded", "revoked", "annotated"];

function taken() {
  const text = window.location.href;
  if (window.location.hash) window.history.replaceState(null, "", window.location.pathname);
  return text;
}

/** The reader's words by the Vietnamese ones; a day-kit is Vietnamese. */
let words = {};

async function learn() {
  if (document.documentElement.lang !== "en") return;
  try {
    words = (await import("./summary-english.js")).default;
  } catch {
    // Not kept for when there is no network: Vietnamese rather than nothing.
  }
}

function told(text, values = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map((child) => (typeof child === "string" ? (words[child] ?? child) : child)));
  return made;
}

function moment(time) {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: FIXED, hour: "2-digit", minute: "2-digit" });
  return `${clock.format(time)} ${told("ngày")} ${day(time, FIXED)}`;
}

function day(date, zone = "UTC") {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "2-digit", month: "2-digit", year: "numeric" });
  return parts.format(date);
}

function age(since, now) {
  const minutes = Math.max(0, Math.round((now - since) / 60000));
  if (minutes < 60) return told("{n} phút trước", { n: minutes });
  if (minutes < 2880) return told("{n} giờ trước", { n: Math.round(minutes / 60) });
  return told("{n} ngày trước", { n: Math.floor(minutes / 1440) });
}

/** Keys and standings: of the day-kit, or plain files of this host (kept by the worker for when there is no network). */
async function lists() {
  if (kit) {
    const held = JSON.parse(kit.textContent);
    return { trust: held.trust, kit: held, status: await readStatus(fromBase64(held.status), held.trust.log_key) };
  }
  const trust = await (await fetch("/S/khoa.json")).json();
  const answer = await fetch("/log/status");
  const bytes = answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  return { trust, kit: null, status: bytes && (await readStatus(bytes, trust.log_key)) };
}

/** Superseded and revoked are believed at any age; that a version is in force only while every list is young. */
function standing(held, index, now) {
  const state = held.status && held.status.state(index);
  if (state === null || state === undefined) return "unknown";
  if (state === 1 || state === 2) return STANDINGS[state];
  return isYoung(held, now) ? STANDINGS[state] : "unknown";
}

function isYoung(held, now) {
  if (held.kit && held.kit.day !== day(now, FIXED)) return false;
  return now < held.status.validUntil && now < Date.parse(held.trust.valid_until);
}

async function judge(parts, held, now) {
  if (!parts) return { verdict: "malformed" };
  const opened = await openSummary(parts, held.trust, now);
  if (opened.refused) return { verdict: opened.refused };
  return { verdict: standing(held, opened.summary.index, now), summary: opened.summary };
}

function headline(verdict) {
  const [tone, title, text] = WORDS[verdict];
  return make("div", { class: `answer tone-${tone}`, "data-verdict": verdict },
    make("h2", { tabindex: "-1" }, title), make("p", { class: "why" }, text));
}

/** The compared rows: label, and what the department signed. */
function groups(summary, parts) {
  const subject = (row) => [row.label, row.level ? `${row.level} – ${row.score ? told("điểm {n}", { n: row.score }) : told("không có điểm")}` : "để trống"];
  const trait = (row) => [row.label, row.level || "để trống"];
  const more = (kind) => summary.extras.filter((row) => row.kind === kind);
  const promoted = { true: "được lên lớp", false: "chưa được lên lớp", null: "không ghi" }[String(summary.promoted)];
  return [
    ["Học sinh và năm học", [
      ["Họ và tên", summary.name], ["Ngày sinh", day(summary.birth)], ["Trường", summary.school],
      ["Lớp", summary.className], ["Khối", String(summary.grade)], ["Năm học", parts.year], ["Bản số", parts.version],
    ]],
    ["Môn học và hoạt động giáo dục", [...summary.subjects, ...more(0)].map(subject)],
    ["Phẩm chất", [...summary.qualities, ...more(1)].map(trait)],
    ["Năng lực", [...summary.competences, ...more(2)].map(trait)],
    ["Kết quả", [
      ["Đánh giá kết quả giáo dục", summary.overall],
      ["Chương trình", summary.completed ? "hoàn thành" : "chưa hoàn thành"], ["Lên lớp", promoted],
    ]],
  ];
}

function comparison(summary, parts) {
  const said = make("p", { role: "status", class: "hint" });
  const section = make("section", { class: "panel", "aria-labelledby": "so-giay" },
    make("h2", { id: "so-giay" }, "So với giấy"),
    make("p", {}, "Nhìn từng ô trên tờ giấy; giống hệt thì đánh dấu. Một ô khác là tờ giấy không đúng với bản đã ký."));
  for (const [title, rows] of groups(summary, parts)) section.append(table(title, rows));
  section.append(said);
  const boxes = [...section.querySelectorAll("input")];
  const tell = () => {
    const done = boxes.filter((box) => box.checked).length;
    said.textContent = told(done === boxes.length ? "Đã so đủ {n} ô trên giấy." : "Đã so {n}/{m} ô.", { n: done, m: boxes.length });
  };
  section.addEventListener("change", tell);
  tell();
  return section;
}

function table(title, rows) {
  const body = make("tbody");
  for (const [label, value] of rows) {
    const box = make("input", { type: "checkbox" });
    body.append(make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, make("b", {}, value)),
      make("td", { class: "tick" }, make("label", {}, box, make("span", { class: "hidden" }, `${told(label)}: `), " giống giấy"))));
  }
  const heads = ["Ô", "Trong mã đã ký", "So với giấy"].map((text) => make("th", { scope: "col" }, text));
  return make("table", { class: "table compare" }, make("caption", {}, title), make("thead", {}, make("tr", {}, ...heads)), body);
}

function limits(summary) {
  return make("section", { class: "panel", "aria-labelledby": "chua-xac-nhan" },
    make("h2", { id: "chua-xac-nhan" }, "Điều mã này không xác nhận"),
    make("ul", { class: "cells" },
      make("li", {}, "Nhận xét, khen thưởng, chiều cao, cân nặng, ngày nghỉ, gia đình, địa chỉ: mã chỉ giữ mã băm của toàn văn, không giữ chữ. Muốn so các phần này, xin tệp PDF gốc."),
      make("li", {}, "Tờ giấy trong tay bạn: chỉ bạn so được, từng ô một."),
      make("li", {}, "Mã băm toàn văn: ", make("span", { class: "code" }, summary.content))));
}

function sources(held, now) {
  const { trust, status } = held;
  const of = (time) => `${moment(time)} (${age(time, now)})`;
  const rows = [["Danh sách khóa lập lúc", of(Date.parse(trust.made_at))]];
  rows.push(["Danh sách tình trạng lập lúc", status ? of(status.madeAt) : "chưa có"]);
  if (status && status.signed === null) rows.push(["Chữ ký danh sách tình trạng", "trình duyệt này không kiểm được Ed25519; tin theo nơi đã tải về"]);
  if (status) rows.push(["Còn mới đến", moment(status.validUntil)]);
  rows.push(["Nguồn", trust.sample ? `${trust.url} – DỮ LIỆU MẪU, khóa dùng thử` : trust.url]);
  const list = make("dl", { class: "entries" });
  for (const [label, value] of rows) list.append(make("div", {}, make("dt", {}, label), make("dd", {}, value)));
  return make("section", { class: "panel", "aria-labelledby": "can-cu" }, make("h2", { id: "can-cu" }, "Kiểm bằng gì"), list);
}

function byCode(parts, held) {
  const path = `/t/${parts.code}/${parts.year}.${parts.version}`;
  const base = kit && held ? held.trust.url : "";
  return make("p", { class: "actions" }, make("a", { class: "button button-second", href: base + path }, "Tra cứu bằng mã số (cần mạng)"));
}

async function show(text) {
  await learn();
  const parts = readText(text);
  const now = Date.now();
  let held = null;
  let found = { verdict: "failed" };
  try {
    held = await lists();
    found = await judge(parts, held, now);
  } catch {
    // No network and nothing kept, or a browser without the needed cryptography: told as such.
  }
  const shown = [headline(found.verdict)];
  if (COMPARED.includes(found.verdict)) shown.push(comparison(found.summary, parts), limits(found.summary));
  if (held) shown.push(sources(held, now));
  if (parts) shown.push(byCode(parts, held));
  place.replaceChildren(...shown);
  place.querySelector("h2").focus();
}

function greet(held) {
  if (!held.kit) return;
  const old = !isYoung(held, Date.now());
  const about = document.getElementById("lap-cho");
  about.textContent = `Lập cho ${held.kit.school}, ngày ${held.kit.day}.`;
  if (old) about.append(make("strong", {}, " Hôm nay không phải ngày đó: bộ kiểm này không cho biết học bạ còn hiệu lực hay không."));
}

const form = document.getElementById("nhap-ma");
document.getElementById("co-script").hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = form.querySelector("textarea");
  show(field.value);
  field.value = "";
});
if (kit) lists().then(greet);
if (scanned.includes("#")) show(scanned);
// A second code of the same record changes the fragment only, and so loads nothing.
window.addEventListener("hashchange", () => show(taken()));
if (!kit && "serviceWorker" in navigator) navigator.serviceWorker.register("/S/worker.js", { scope: "/S/" });
