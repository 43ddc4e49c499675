import { Reflector } from '@nestjs/core';
import type { Route } from '@relais/contracts';

/** Which operation a method serves; guards and the inventory test read it. */
export const ServedRoute = Reflector.createDecorator<Route>();
