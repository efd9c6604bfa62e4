"""Mutation testing of the exercises: would the checks notice, if one small thing in the answer were wrong?"""
