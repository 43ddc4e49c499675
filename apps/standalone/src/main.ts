import 'reflect-metadata';
import { service as alerting } from '@relais/alerting';
import { service as auth } from '@relais/auth';
import { environmentOf, loadConfig, serviceEnv } from '@relais/config';
import { service as gateway } from '@relais/gateway';
import { service as messaging } from '@relais/messaging';
import { runTogether } from '@relais/observability';

/** Who is asked starts before who asks; the gateway comes last and goes first, so that nothing is asked that is gone. */
const SERVICES = [auth, messaging, alerting, gateway];

const services = SERVICES.map((service) => ({ service, configured: service.configure(environmentOf(service.name)) }));
await runTogether('standalone', loadConfig(serviceEnv), services);
