/**
 * JSON as serde_json prints a parsed value (src/codec/json_canonical.h): attestations of version 1 hash outputs in this form. Numbers keep their spelling where they are whole
 * and fit 64 bits, which JSON.parse would lose: so this reads the text itself, after JSON.parse has said that it is JSON.
 */

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\]:,]|true|false|null)/gy;
const PLAIN_MIN = -5;
const PLAIN_MAX = 16;

function canonicalNumber(text: string): string {
  if (!/[.eE]/.test(text) && text !== "-0") {
    const whole = BigInt(text);
    if (whole >= -(1n << 63n) && whole < 1n << 64n) return text;
  }
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`${text} is beyond a double`);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [, sign, first, rest = "", exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential())!;
  const digits = first + rest;
  const point = Number(exponent) + 1;
  if (point > PLAIN_MAX || point <= PLAIN_MIN) return `${sign}${first}${rest && `.${rest}`}e${exponent}`;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (digits.length <= point) return `${sign}${digits.padEnd(point, "0")}.0`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function byBytes(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => new TextEncoder().encode(text));
  for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}

/** The tokens of a text that is JSON. */
class Tokens {
  private readonly list: string[];
  private at = 0;

  constructor(text: string) {
    this.list = [...text.matchAll(TOKEN)].map((match) => match[1]);
  }

  next(): string {
    return this.list[this.at++];
  }

  take(token: string): boolean {
    const there = this.list[this.at] === token;
    if (there) this.at++;
    return there;
  }
}

function canonicalList(tokens: Tokens): string {
  const items: string[] = [];
  while (!tokens.take("]")) {
    tokens.take(",");
    items.push(canonicalValue(tokens));
  }
  return `[${items.join(",")}]`;
}

function canonicalObject(tokens: Tokens): string {
  const members = new Map<string, string>();
  while (!tokens.take("}")) {
    tokens.take(",");
    const name = JSON.parse(tokens.next()) as string;
    tokens.take(":");
    members.set(name, canonicalValue(tokens)); // of equal names the last counts
  }
  const sorted = [...members].sort(([a], [b]) => byBytes(a, b));
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

function canonicalValue(tokens: Tokens): string {
  const token = tokens.next();
  if (token === "[") return canonicalList(tokens);
  if (token === "{") return canonicalObject(tokens);
  if (token.startsWith('"')) return JSON.stringify(JSON.parse(token));
  return /^[-\d]/.test(token) ? canonicalNumber(token) : token;
}

/** undefined: it is no JSON, or a number in it is beyond a double. */
export function canonicalJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return canonicalValue(new Tokens(text));
  } catch {
    return undefined;
  }
}
