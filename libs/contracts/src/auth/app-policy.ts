import { z } from 'zod';
import { defineRequest } from '../define.js';
import { deviceId, label, pageOf, pageRequest, timestamp, userId } from '../primitives.js';
import { APP_SETTING_NAMES, appPolicySettings, appSettingValue } from './app-settings.js';

export const appPolicyLayer = z.enum(['organization', 'pool', 'device']);
export type AppPolicyLayer = z.infer<typeof appPolicyLayer>;

const settingName = z.enum(APP_SETTING_NAMES);

/** One merged document: every setting, what holds, and which layer said so. */
export const appPolicy = z.object({
  /** Changes whenever anything in it does; the ETag of the answer. */
  version: z.string(),
  settings: z.record(
    settingName,
    z.object({
      value: appSettingValue,
      locked: z.boolean(),
      userEditable: z.boolean(),
      renewable: z.boolean(),
      from: z.enum(['default', ...appPolicyLayer.options]),
    }),
  ),
});
export type AppPolicy = z.infer<typeof appPolicy>;

/** What holds for the device that asks. Send the ETag as `If-None-Match` to be answered 304 while nothing has changed. */
export const readMyAppPolicy = defineRequest({
  subject: 'rpc.auth.app-policy.read-mine.v1',
  access: 'user',
  input: z.strictObject({}),
  output: appPolicy,
  errors: {},
});

const violation = z.object({ setting: settingName, says: z.string() });

/** What a device has made of its policy. The answer names what it is and may not be: old, or rooted. */
export const reportAppPolicy = defineRequest({
  subject: 'rpc.auth.app-policy.report.v1',
  access: 'user',
  input: z.strictObject({
    version: z.string().max(64),
    app: z.strictObject({
      version: label(64),
      platform: z.enum(['android', 'ios', 'desktop', 'web', 'server']),
      osVersion: label(64),
      isRooted: z.boolean(),
    }),
    /** Settings that were not applied, and why; all others were. */
    notApplied: z
      .array(z.strictObject({ setting: settingName, reason: z.enum(['unsupported', 'refused', 'failed']) }))
      .max(APP_SETTING_NAMES.length)
      .default([]),
  }),
  output: z.object({ isCompliant: z.boolean(), violations: z.array(violation) }),
  errors: {},
});

const layerKey = {
  layer: appPolicyLayer,
  /** The id of the organization, pool or device. */
  subjectId: z.uuid(),
};
const layerDocument = z.object({ ...layerKey, settings: appPolicySettings, updatedAt: timestamp.optional() });

export const readAppPolicyLayer = defineRequest({
  subject: 'rpc.auth.app-policy.read-layer.v1',
  access: 'user',
  input: z.strictObject(layerKey),
  output: layerDocument,
  errors: { policy_subject_not_found: 'not_found' },
});

/** Replaces what a layer says; a layer that says nothing is `{}`. */
export const setAppPolicyLayer = defineRequest({
  subject: 'rpc.auth.app-policy.set-layer.v1',
  access: 'user',
  input: z.strictObject({ ...layerKey, settings: appPolicySettings }),
  output: layerDocument,
  errors: { policy_subject_not_found: 'not_found' },
});

/** What would hold for a person, or for one of their devices. */
export const readEffectiveAppPolicy = defineRequest({
  subject: 'rpc.auth.app-policy.read-effective.v1',
  access: 'user',
  input: z.strictObject({ userId, deviceId: deviceId.optional() }),
  output: appPolicy,
  errors: { policy_subject_not_found: 'not_found' },
});

export const appPolicyReport = z.object({
  deviceId,
  userId,
  isCurrent: z.boolean(),
  isCompliant: z.boolean(),
  appVersion: z.string(),
  osVersion: z.string(),
  notApplied: z.array(z.object({ setting: z.string(), reason: z.string() })),
  reportedAt: timestamp,
});
export type AppPolicyReport = z.infer<typeof appPolicyReport>;

/** What devices said they applied, by device. */
export const listAppPolicyReports = defineRequest({
  subject: 'rpc.auth.app-policy.list-reports.v1',
  access: 'user',
  input: z.strictObject(pageRequest),
  output: pageOf(appPolicyReport),
  errors: {},
});

/**
 * The organization's layer for a device management system: values for iOS as a property list, the AppConfig Community's XML
 * specification, Android's managed configuration (EMM API) and its restrictions schema.
 */
export const exportAppPolicy = defineRequest({
  subject: 'rpc.auth.app-policy.export.v1',
  access: 'user',
  input: z.strictObject({
    format: z.enum(['ios_plist', 'ios_specification', 'android_bundle', 'android_restrictions']),
    /** The app's bundle id or package name. */
    appId: z
      .string()
      .regex(/^[A-Za-z][\w-]*(?:\.[\w-]+)+$/)
      .max(255),
  }),
  output: z.object({ fileName: z.string(), mediaType: z.string(), content: z.string() }),
  errors: {},
});
