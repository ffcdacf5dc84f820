// What the QR of a summary proves: bytes in, facts out. No page, no clock, no network (docs/formats/summary-qr.md).
// Everything that is read here is a stranger's: one spelling is accepted, anything else is null.

const ADDRESS = /\/S\/([0-9a-f]{32})\/(\d{4}-\d{4})\.([1-9]\d{0,3})#([1-9]\d{99,999})$/i;
// Tag 18, four parts; protected header {alg: ES256, kid: 4 bytes}; no other header; payload and signature follow.
const HEAD = [0xd2, 0x84, 0x49, 0xa2, 0x01, 0x26, 0x04, 0x44];
const KID = 4;
const HEAD_END = HEAD.length + KID;
const SIGNATURE = 64;
const CONTEXT = new TextEncoder().encode("Signature1");
const UTF8 = new TextDecoder("utf-8", { fatal: true });
const DAY = 86400000;
const MARKS = 15;
const CONTENT = 16;
const LONGEST_TEXT = 200;

/** The parts of a scanned text, or null: {code, year, version, digits}. */
export function readText(text) {
  const found = ADDRESS.exec(text.trim());
  return found && { code: found[1].toLowerCase(), year: found[2], version: found[3], digits: found[4] };
}

/** The bytes of a decimal number. */
export function bytesOf(digits) {
  const hex = BigInt(digits).toString(16);
  const even = hex.length % 2 ? `0${hex}` : hex;
  return Uint8Array.from(even.match(/../g), (pair) => parseInt(pair, 16));
}

/**
 * Check a summary against the keys that are trusted. now: milliseconds.
 * Gives {summary} or {refused: "malformed" | "key_unknown" | "key_over" | "key_revoked" | "signature"}.
 */
export async function openSummary(parts, trust, now) {
  const signed = split(bytesOf(parts.digits));
  if (!signed) return { refused: "malformed" };
  const held = trust.keys.find((key) => key.kid === hexOf(signed.kid));
  if (!held) return { refused: "key_unknown" };
  if (held.revoked) return { refused: "key_revoked" };
  if (now < Date.parse(held.from) || now >= Date.parse(held.to)) return { refused: "key_over" };
  if (!(await signatureHolds(signed, held, parts))) return { refused: "signature" };
  const summary = readPayload(signed.payload, trust.form);
  return summary ? { summary } : { refused: "malformed" };
}

async function signatureHolds(signed, held, parts) {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const jwk = { kty: "EC", crv: "P-256", x: held.x, y: held.y };
  const key = await crypto.subtle.importKey("jwk", jwk, curve, false, ["verify"]);
  const address = new TextEncoder().encode(`${parts.code}/${parts.year}.${parts.version}`);
  const message = joined([0x84, 0x6a], CONTEXT, string(signed.protected), string(address), string(signed.payload));
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signed.signature, message);
}

/** Cut a COSE_Sign1 in the one layout that is ever written. */
function split(bytes) {
  if (HEAD.some((byte, place) => bytes[place] !== byte) || bytes[HEAD_END] !== 0xa0) return null;
  const reader = new Reader(bytes, HEAD_END + 1);
  const payload = reader.next();
  const signature = reader.next();
  if (reader.failed || !reader.ended || !(payload instanceof Uint8Array)) return null;
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE) return null;
  const header = bytes.subarray(3, HEAD_END);
  return { protected: header, kid: header.subarray(header.length - KID), payload, signature };
}

/** Deterministic CBOR: whole numbers, strings and arrays, each length in its shortest form. */
class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.failed = false;
  }

  get ended() {
    return this.at === this.bytes.length;
  }

  next(depth = 0) {
    if (this.at >= this.bytes.length) return this.fail();
    const initial = this.bytes[this.at++];
    const kind = initial >> 5;
    const length = this.length(initial & 31);
    if (this.failed || depth > 3) return this.fail();
    if (kind === 0) return length;
    if (kind === 1) return -1 - length;
    if (kind === 2 || kind === 3) return this.string(kind, length);
    return kind === 4 ? this.array(length, depth) : this.fail();
  }

  array(length, depth) {
    const items = [];
    while (items.length < length && !this.failed) items.push(this.next(depth + 1));
    return items;
  }

  string(kind, length) {
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    if (part.length !== length) return this.fail();
    if (kind === 2) return part;
    try {
      return UTF8.decode(part);
    } catch {
      return this.fail();
    }
  }

  length(short) {
    if (short < 24) return short;
    const size = { 24: 1, 25: 2, 26: 4 }[short];
    if (!size || this.at + size > this.bytes.length) return this.fail();
    let value = 0;
    for (let step = 0; step < size; step += 1) value = value * 256 + this.bytes[this.at++];
    const smallest = { 1: 24, 2: 256, 4: 65536 }[size];
    return value < smallest ? this.fail() : value;
  }

  fail() {
    this.failed = true;
    return null;
  }
}

function readPayload(bytes, form) {
  const reader = new Reader(bytes);
  const held = reader.next();
  if (reader.failed || !reader.ended || !Array.isArray(held) || held[0] !== 1) return null;
  if (held.length !== 9 && held.length !== 10) return null;
  const [, index, signed, , birth, , , marks, content, extras] = held;
  const [name, school, className] = [held[3], held[5], held[6]].map((value) => readName(value, form.letters));
  if (![index, signed, birth].every(Number.isInteger) || index < 0) return null;
  if (name === null || school === null || className === null) return null;
  if (!isBytes(marks, MARKS) || !isBytes(content, CONTENT)) return null;
  const read = readMarks(marks, form);
  const more = extras === undefined ? [] : readExtras(extras, form);
  if (!read || !more) return null;
  return {
    index, name, school, className, ...read, extras: more,
    signedOn: new Date(signed * DAY), birth: new Date(birth * DAY), content: hexOf(content),
  };
}

/** One number in mixed radix, its last digit first (verify/summary/marks.py). */
function readMarks(bytes, form) {
  let rest = BigInt(`0x${hexOf(bytes)}`);
  const take = (radix) => {
    const digit = Number(rest % BigInt(radix));
    rest /= BigInt(radix);
    return digit;
  };
  const trait = (label) => ({ label, level: take(form.trait_levels.length + 1) });
  const competences = [...form.competences].reverse().map(trait).reverse();
  const qualities = [...form.qualities].reverse().map(trait).reverse();
  const subjects = [...form.subjects].reverse().map((label) => {
    const score = take(11);
    return { label, score, level: take(form.subject_levels.length + 1) };
  }).reverse();
  const [promoted, completed, overall, grade] = [take(3), take(2), take(form.overall.length), take(5) + 1];
  if (rest !== 0n || subjects.some((row) => row.score && !row.level)) return null;
  const named = (rows, levels) => rows.map((row) => ({ ...row, level: row.level ? levels[row.level - 1] : "" }));
  return {
    grade, completed: completed === 1, promoted: [null, false, true][promoted], overall: form.overall[overall],
    subjects: named(subjects, form.subject_levels),
    qualities: named(qualities, form.trait_levels),
    competences: named(competences, form.trait_levels),
  };
}

function readExtras(rows, form) {
  if (!Array.isArray(rows) || rows.length === 0) return null;
  const found = rows.map((row) => {
    if (!Array.isArray(row) || row.length !== 4) return null;
    const [kind, packed, level, score] = row;
    const label = readName(packed, form.letters);
    const levels = [form.subject_levels, form.trait_levels, form.trait_levels][kind];
    if (!levels || !levels[level] || label === null || !Number.isInteger(score)) return null;
    return score < 0 || score > 10 || (kind && score) ? null : { kind, label, level: levels[level], score };
  });
  return found.includes(null) ? null : found;
}

/**
 * Read a status list (verify/status_list.py). Gives null, or {madeAt, validUntil, size, signed, state(index)};
 * signed: whether the log's key signed it; null where this browser has no Ed25519.
 */
export async function readStatus(bytes, logKey) {
  const ends = [blankLine(bytes, 0)];
  ends.push(blankLine(bytes, ends[0] + 2));
  if (ends.includes(-1)) return null;
  const note = bytes.subarray(0, ends[0] + 1);
  const lines = UTF8.decode(note).split("\n");
  const packed = await unpacked(bytes.subarray(ends[1] + 2));
  const size = Number(lines[3]);
  if (lines.length !== 8 || lines[0] !== "hocba/status-list/1" || !packed || packed.length !== Math.ceil(size / 4)) {
    return null;
  }
  if (hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", packed))) !== lines[6]) return null;
  const signed = await noteHolds(note, UTF8.decode(bytes.subarray(ends[0] + 2, ends[1])), logKey, lines[1]);
  if (signed === false) return null;
  return {
    signed, size, madeAt: Date.parse(lines[4]), validUntil: Date.parse(lines[5]),
    state: (index) => (index < size ? (packed[index >> 2] >> (2 * (index & 3))) & 3 : null),
  };
}

async function noteHolds(note, signatures, logKey, origin) {
  const [name, id, key] = [logKey.split("+")[0], logKey.split("+")[1], logKey.split("+").slice(2).join("+")];
  const line = signatures.split("\n").find((each) => each.startsWith(`— ${name} `));
  if (!line || name !== origin) return false;
  const [raw, given] = [fromBase64(key), fromBase64(line.slice(name.length + 3))];
  if (hexOf(given.subarray(0, 4)) !== id || raw[0] !== 1) return false;
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", raw.subarray(1), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, given.subarray(4), note);
}

async function unpacked(bytes) {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    return null;
  }
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function blankLine(bytes, from) {
  for (let place = from; place + 1 < bytes.length; place += 1) {
    if (bytes[place] === 10 && bytes[place + 1] === 10) return place;
  }
  return -1;
}

/** A name in one byte a letter, or in UTF-8 where it holds other characters (verify/summary/letters.py). */
function readName(value, letters) {
  const codes = value instanceof Uint8Array ? Array.from(value) : null;
  const letterOf = (byte) => letters[byte >= 128 ? byte - 128 : 127 + byte];
  const read = codes ? codes.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : letterOf(byte))) : [];
  const text = codes ? read.join("") : value;
  const whole = typeof text === "string" && text.length > 0 && text.length <= LONGEST_TEXT;
  return whole && !read.includes(undefined) ? text : null;
}

function isBytes(value, length) {
  return value instanceof Uint8Array && value.length === length;
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A byte string of CBOR. */
function string(bytes) {
  const length = bytes.length;
  const head = length < 24 ? [0x40 + length] : length < 256 ? [0x58, length] : [0x59, length >> 8, length & 255];
  return joined(head, bytes);
}

function joined(...parts) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
