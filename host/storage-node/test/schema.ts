/** As much of JSON Schema as the OpenAPI document uses: what is wrong with a value, sentence by sentence. */

type Json = Readonly<Record<string, unknown>>;

/** `root` is the document in which references are found. An unknown keyword is a fault, not a pass. */
export function faultsOf(root: Json, schema: unknown, value: unknown, at = 'value'): string[] {
  return Object.entries(schema as Json).flatMap(([keyword, rule]) => {
    const check = keywords[keyword];
    if (check === undefined) throw new RangeError(`the keyword ${keyword} is not known here`);
    return check(rule as never, value, at, root);
  });
}

type Check = (rule: never, value: unknown, at: string, root: Json) => string[];

const keywords: Readonly<Record<string, Check>> = {
  description: () => [],
  minimum: (rule: number, value, at) => faultIf(Number(value) < rule, at, `is below ${rule}`),
  maximum: (rule: number, value, at) => faultIf(Number(value) > rule, at, `is above ${rule}`),
  type: (rule: string, value, at) => faultIf(typeOf(value) !== rule, at, `is no ${rule}`),
  const: (rule: unknown, value, at) => faultIf(value !== rule, at, `is not ${String(rule)}`),
  enum: (rule: readonly unknown[], value, at) =>
    faultIf(!rule.includes(value), at, `is not one of ${rule.join()}`),
  pattern: (rule: string, value, at) =>
    faultIf(!new RegExp(rule).test(String(value)), at, `does not match ${rule}`),
  required: (rule: readonly string[], value, at) =>
    rule.flatMap((name) => faultIf(!Object.hasOwn(value as Json, name), at, `lacks ${name}`)),
  properties: (rule: Json, value, at, root) =>
    Object.entries(rule).flatMap(([name, schema]) => {
      const property = (value as Json)[name];
      return property === undefined ? [] : faultsOf(root, schema, property, `${at}.${name}`);
    }),
  items: (rule: Json, value, at, root) =>
    (value as readonly unknown[]).flatMap((item, i) => faultsOf(root, rule, item, `${at}.${i}`)),
  minItems: (rule: number, value, at) =>
    faultIf((value as readonly unknown[]).length < rule, at, 'is too short'),
  allOf: (rule: readonly Json[], value, at, root) =>
    rule.flatMap((schema) => faultsOf(root, schema, value, at)),
  $ref: (rule: string, value, at, root) => faultsOf(root, referred(root, rule), value, at),
};

function faultIf(isWrong: boolean, at: string, sentence: string): string[] {
  return isWrong ? [`${at} ${sentence}`] : [];
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function referred(root: Json, reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, name) => (value as Json)[name], root);
}
