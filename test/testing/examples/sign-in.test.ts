import { loadRecipe } from '../../recipes/load-recipe.js'

loadRecipe('Sign in with supertest')
