import { fetchClient } from './http-client.js';
import { httpClientContract } from './http-client.contract.js';
import { nodeClient } from './node-client.js';

describe('fetch', () => httpClientContract(fetchClient));
describe('Node’s own HTTP', () => httpClientContract(nodeClient));
