export { Database, type Tx } from '@relais/database';
