/** As much of JSON Schema draft-07 as the chart's values need; Helm of every age understands it. */
export interface Schema {
  type?: string | readonly string[];
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
  required?: readonly string[];
  items?: Schema;
  enum?: readonly unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
}

/** An object that knows its keys: every other one is refused by its name. */
export const closed = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
});
export const map = (of: Schema): Schema => ({ type: 'object', additionalProperties: of });
/** What belongs to Kubernetes or another chart, and is checked there. */
export const foreign: Schema = { type: 'object' };
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const text: Schema = { type: 'string' };
export const matching = (pattern: string): Schema => ({ type: 'string', pattern });
export const one = (...values: unknown[]): Schema => ({ enum: values });
export const flag: Schema = { type: 'boolean' };
export const whole = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });
