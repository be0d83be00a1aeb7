import { Registry, globalRegistry } from '../registry';

export = Object.assign(Registry, { globalRegistry });
