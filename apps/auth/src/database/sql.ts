export { row, rows, violates } from '@relais/database';
